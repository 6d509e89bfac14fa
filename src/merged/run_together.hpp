#pragma once

#include <mpi.h>

#include <functional>

namespace gridtally::merged {

/// Runs `stage` on every rank. Where it failed on any, every rank throws: who failed what it threw,
/// each other an Error with the words of the first who did. What `stage` does together with other
/// ranks must end on all of them, if not alike. Collective over `ranks`.
void run_together(MPI_Comm ranks, const std::function<void()>& stage);

}  // namespace gridtally::merged
