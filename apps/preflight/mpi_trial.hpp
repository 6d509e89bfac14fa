#pragma once

#include <string>

#include "preflight/checks.hpp"

namespace gridtally::preflight {

/// Rank 0 and each other rank in turn send each other small and large letters; on rank 0 one line
/// with the worst of each. Collective over all ranks, between MPI_Init and MPI_Finalize.
std::string mpi_trial();

/// What such a line says.
Check check_mpi_trial(const std::string& text);

}  // namespace gridtally::preflight
