#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "reference/outcome.hpp"

namespace gridtally::reference_app {

/// What a run tells.
struct Report {
  struct Day {
    reference::Outcome outcome;
    double seconds = 0.0;  ///< of the solve
  };
  std::size_t prosumers = 0;
  std::size_t nodes = 0;  ///< groups that clear at one price
  std::size_t lines = 0;  ///< limits between them
  int ranks = 1;
  std::string method;
  std::vector<Day> days;        ///< from day 0; the last is the day asked for
  double seconds_in_all = 0.0;  ///< with reading or generating the community

  [[nodiscard]] std::string text() const;
  /// One object: the last day's figures, its clearing prices, and a line of `days` for each.
  [[nodiscard]] std::string json() const;
  /// Error (not_converged) when the last day was not solved to the accuracy.
  void require_solved(const reference::Accuracy& accuracy) const;
};

}  // namespace gridtally::reference_app
