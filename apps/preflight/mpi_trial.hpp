#pragma once

#include <string>

#include "preflight/checks.hpp"

namespace gridtally::preflight {

/// Rank 0 and each other rank in turn send each other small and large letters, and the time; on
/// rank 0 one line with the worst of each. Collective over all ranks, between MPI_Init and
/// MPI_Finalize.
std::string mpi_trial();

/// What such a line says of letters and, where there are several ranks, of clocks.
Check check_mpi_trial(const std::string& text);
Check check_clock_offset(const std::string& text);

}  // namespace gridtally::preflight
