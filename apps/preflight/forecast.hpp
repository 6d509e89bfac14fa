#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gridtally::preflight {

/// How far a day had come after so many iterations.
struct Milestone {
  double iteration = 0.0;
  double residual = 0.0;  ///< [kWh]

  bool operator==(const Milestone&) const = default;
};

/// One day of the community, or what of it a short time allowed, by one process here.
struct Measurement {
  bool whole_day = false;
  std::uint64_t blocks = 0;
  double starting = 0.0;            ///< keys, genesis, private files, and closing them [s]
  double seconds = 0.0;             ///< of the run after that
  double qp_seconds = 0.0;          ///< of them the homes' problems
  std::uint64_t memory_before = 0;  ///< before the first block [bytes]
  std::uint64_t memory = 0;         ///< peak [bytes]
  std::uint64_t archive_bytes = 0;  ///< sealed, where it is a whole day
  std::uint64_t private_bytes = 0;
  std::vector<Milestone> milestones;
};

struct Range {
  double low = 0.0;
  double high = 0.0;
};

struct Forecast {
  Range iterations;                 ///< a day
  Range seconds;                    ///< of all days
  std::uint64_t memory_a_rank = 0;  ///< at most, of rank 0 [bytes]
  std::uint64_t disk = 0;           ///< archive and private files, at most [bytes]
};

/// What is asked for.
struct Plan {
  int days = 1;
  int max_iterations = 5000;
  std::uint64_t ranks = 1;
  std::uint64_t validators = 4;
  std::uint64_t meters = 1;
  double epsilon = 1e-6;  ///< of the stop test [kWh]
};

/// Runs gridtally-solve in a folder that is removed, until a day is done or its first block is
/// `seconds` old; InputError with its words where it does not take the community.
Measurement measure(const std::filesystem::path& community, std::uint64_t validators,
                    double seconds);

/// Of the lines of --verbose.
std::vector<Milestone> milestones_in(const std::string& text);

/// Iterations until the residual is `epsilon`, if it goes on to fall as it did on average between
/// the milestones; 0 where they do not show that it falls.
double extrapolated_iterations(const std::vector<Milestone>& milestones, double epsilon);

/// A day takes half to twice as many iterations as the one measured, or as its residual lets
/// expect; a block at least what does not spread over ranks, at most what one process took and a
/// network's six letters of 1 ms. Memory is that of one process, which is rank 0's on many, grown
/// with the iterations of a day; other ranks take less.
Forecast forecast(const Measurement& measured, const Plan& plan);

/// Time to ask Slurm for, with room [minutes]; no more than `longest` that a job may have.
std::uint64_t minutes_to_ask_for(const Forecast& forecast, std::optional<std::uint64_t> longest);

/// Slurm's words for a time, "1-02:30:00", "30:00" or "infinite", as whole minutes; nothing where
/// there is no limit.
std::optional<std::uint64_t> minutes_in(const std::string& text);

}  // namespace gridtally::preflight
