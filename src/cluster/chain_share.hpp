#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>

#include "cluster/network.hpp"
#include "ledger/carried_state.hpp"

namespace gridtally::cluster {

/// Takes a block and, where the archive lacks decisions of its day, what that day carries over.
using TakeBlock = std::function<void(const ledger::CommittedBlock&, const ledger::ThinnedDay*)>;

/// Reads the archive on rank 0 and gives every block to `take` on every rank, in height order; one
/// that lacks decisions comes without its certificate. At most one batch of about `batch` bytes is
/// held. CommonError when the archive is damaged, naming
/// file and height, or when `take` fails on any rank. Collective over all ranks.
void share_chain(const Network& network, const std::filesystem::path& archive,
                 const TakeBlock& take, std::size_t batch = std::size_t{4} << 20U);

}  // namespace gridtally::cluster
