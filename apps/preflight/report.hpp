#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "preflight/checks.hpp"
#include "preflight/forecast.hpp"

namespace gridtally::preflight {

struct Request {
  std::filesystem::path community;
  std::filesystem::path output;
  std::uint64_t nodes = 1;
  std::uint64_t tasks_a_node = 1;
  std::string partition;
  std::string account;
  std::filesystem::path hostfile;
  std::uint64_t validators = 4;
  std::uint64_t meters = 0;  ///< 0: one a prosumer
};

/// What was found and is to be expected.
struct Outcome {
  std::vector<NodeFacts> nodes;
  std::vector<Check> checks;
  Measurement measured;
  Plan plan;
  Forecast forecast;
  std::optional<std::uint64_t> longest;  ///< that a job may have in its partition [minutes]
};

/// What to type next.
std::string submit_line(const Request& request, const Outcome& outcome);
std::string text_report(const Request& request, const Outcome& outcome);
std::string json_report(const Request& request, const Outcome& outcome);

}  // namespace gridtally::preflight
