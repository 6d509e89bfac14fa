#pragma once

#include <mpi.h>

#include <filesystem>
#include <vector>

#include "archive/private_file.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::merged {

/// Writes every meter's private data as one file, folder / archive::merged_file_name, mode 0600,
/// replacing the former one: after a crash it is either the old or the new file. `files` are those
/// of the meters of this rank, which serve successive prosumers; every meter of `genesis` is on one
/// rank. The datasets do not depend on how they are spread. Collective over `ranks`, which must
/// share a file system; Error or IoError on any rank must end them all.
void write_merged_file(MPI_Comm ranks, const std::filesystem::path& folder,
                       const ledger::Genesis& genesis,
                       const std::vector<archive::PrivateFile>& files);

}  // namespace gridtally::merged
