#include "preflight/mpi_trial.hpp"

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
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

double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A clock against rank 0's: what it showed in the middle of the fastest round trip.
struct Offset {
  double seconds = 0.0;
  double uncertainty = std::numeric_limits<double>::infinity();  ///< half of that round trip [s]
};

/// Of rank `other`; on rank 0.
Offset clock_offset(int rank, int other, int tries) {
  Offset best;
  for (int i = 0; i < tries; ++i) {
    double there = clock_seconds();
    if (rank == 0) {
      const double start = clock_seconds();
      MPI_Send(&start, 1, MPI_DOUBLE, other, 0, MPI_COMM_WORLD);
      MPI_Recv(&there, 1, MPI_DOUBLE, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      const double end = clock_seconds();
      const double half = std::max(0.0, (end - start) / 2);
      if (half < best.uncertainty) best = {there - (start + half), half};
    } else {
      double asked = 0.0;
      MPI_Recv(&asked, 1, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      there = clock_seconds();
      MPI_Send(&there, 1, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD);
    }
  }
  return best;
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
  Offset worst{0.0, 0.0};
  for (int other = 1; other < ranks; ++other) {
    if (rank != 0 && rank != other) continue;
    latency = std::max(latency, letter_seconds(rank, other, 16, 100));
    slowest = std::max(slowest, letter_seconds(rank, other, large, 5));
    const auto offset = clock_offset(rank, other, 50);
    if (std::abs(offset.seconds) >= std::abs(worst.seconds)) worst = offset;
  }
  if (rank != 0) return {};
  char line[200];
  std::snprintf(
      line, sizeof line,
      "gridtally-mpi: ranks %d latency_us %.3f megabytes_a_second %.3f clock_offset_s %.6f "
      "within_s %.6f\n",
      ranks, 1e6 * latency, slowest > 0.0 ? large / 1e6 / slowest : 0.0, worst.seconds,
      worst.uncertainty);
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

Check check_clock_offset(const std::string& text) {
  const std::string what = "clock offset";
  const auto at = text.find(" clock_offset_s ");
  double offset = 0.0;
  double within = 0.0;
  if (at == std::string::npos ||
      std::sscanf(text.c_str() + at, " clock_offset_s %lf within_s %lf", &offset, &within) != 2) {
    return {Level::warning, what, "not measured", "no letters came through MPI, see there"};
  }
  const auto found = "at worst " + to_fixed(1e3 * std::abs(offset), 3) +
                     " ms between nodes, give or take " + to_fixed(1e3 * within, 3) + " ms";
  if (std::abs(offset) - within <= clock_tolerance) return {Level::fine, what, found, ""};
  return {Level::warning, what, found, clock_remedy};
}

}  // namespace gridtally::preflight
