#pragma once

#include <mpi.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "archive/private_file.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::merged {

/// What one rank gives: its meters, which serve successive prosumers.
struct Share {
  std::span<const archive::PrivateFile> meters;  ///< inputs; schedules are ignored
  std::uint32_t settled_days = 0;
  /// The schedules of one prosumer after another.
  std::function<std::vector<archive::PrivateSchedule>()> next;
};

/// Writes every meter's private data as one file, folder / archive::merged_file_name, mode 0600,
/// replacing the former one: after a crash or an error it is either the old or the new file. Every
/// meter of `genesis` is in one rank's share. A rank holds as many prosumers' rows as take
/// `at_once` bytes, one at least. The datasets depend neither on that nor on how meters are spread.
/// Collective over `ranks`, which must share a file system. Error on all ranks where one fails, as
/// of run_together, and nothing is left of a new file that is not whole. What it wrote each rank
/// has synced when any returns. Where ranks wait `patience` for one another within one call of
/// HDF5, the job ends (ProgressWatch).
void write_merged_file(MPI_Comm ranks, const std::filesystem::path& folder,
                       const ledger::Genesis& genesis, const Share& share,
                       std::uint64_t at_once = std::uint64_t{1} << 26,
                       std::chrono::milliseconds patience = std::chrono::minutes(10));

}  // namespace gridtally::merged
