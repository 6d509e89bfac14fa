#include "preflight/mpi_trial.hpp"

#include <mpi.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/text.hpp"

namespace gridtally::preflight {

namespace {

/// Half of a round trip between ranks 0 and `other`, the median of `tries` [s]; on rank 0.
double letter_seconds(int rank, int other, std::size_t bytes, std::size_t tries) {
  std::vector<char> letter(bytes);
  const int size = static_cast<int>(bytes);
  std::vector<double> seconds;
  for (std::size_t i = 0; i <= tries; ++i) {
    const double start = MPI_Wtime();
    if (rank == 0) {
      MPI_Send(letter.data(), size, MPI_BYTE, other, 0, MPI_COMM_WORLD);
      MPI_Recv(letter.data(), size, MPI_BYTE, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    } else {
      MPI_Recv(letter.data(), size, MPI_BYTE, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Send(letter.data(), size, MPI_BYTE, 0, 0, MPI_COMM_WORLD);
    }
    if (i > 0) seconds.push_back((MPI_Wtime() - start) / 2);  // the first opens the connection
  }
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(tries / 2),
                   seconds.end());
  return seconds[tries / 2];
}

}  // namespace

std::string mpi_trial() {
  constexpr std::size_t large = 1U << 20U;
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  double latency = 0.0;
  double slowest = 0.0;
  for (int other = 1; other < ranks; ++other) {
    if (rank != 0 && rank != other) continue;
    latency = std::max(latency, letter_seconds(rank, other, 16, 100));
    slowest = std::max(slowest, letter_seconds(rank, other, large, 5));
  }
  if (rank != 0) return {};
  char line[120];
  std::snprintf(line, sizeof line,
                "gridtally-mpi: ranks %d latency_us %.3f megabytes_a_second %.3f\n", ranks,
                1e6 * latency, slowest > 0.0 ? large / 1e6 / slowest : 0.0);
  return line;
}

Check check_mpi_trial(const std::string& text) {
  const std::string what = "MPI between the nodes";
  const auto at = text.find("gridtally-mpi: ");
  int ranks = 0;
  double latency = 0.0;
  double rate = 0.0;
  if (at == std::string::npos ||
      std::sscanf(text.c_str() + at,
                  "gridtally-mpi: ranks %d latency_us %lf megabytes_a_second %lf", &ranks, &latency,
                  &rate) != 3) {
    return {Level::failure, what, "the ranks ended without a word",
            "try `mpirun -n 2 hostname` between them"};
  }
  if (ranks == 1) return {Level::fine, what, "one rank: nothing to send", ""};
  const auto found = std::to_string(ranks) + " ranks, at worst " + to_fixed(latency, 1) +
                     " µs a letter, " + to_fixed(rate, 0) + " MB/s";
  constexpr double slow = 20000.0;  // [µs]
  if (latency < slow) return {Level::fine, what, found, ""};
  return {Level::warning, what, found,
          "ranks outnumber cores, or the network is slow: source jobs/mpi_env.sh"};
}

}  // namespace gridtally::preflight
