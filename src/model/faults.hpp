#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gridtally::model {

/// Where in a community folder a fault lies; parts left at their defaults are not printed.
struct Place {
  std::string_view file;
  std::size_t line = 0;  ///< counted from 1
  std::string_view prosumer = {};
  int day = -1;
  int slot = -1;
};

/// "file:line: prosumer P, day D, slot S: "
std::string to_text(const Place& place);

/// Collects faults. The first 50 are kept, the rest are counted.
class Faults {
 public:
  static constexpr std::size_t kept_at_most = 50;

  void add(const Place& place, const std::string& message);
  [[nodiscard]] std::size_t count() const { return count_; }
  /// True when a fault was added at a place that names `prosumer`.
  [[nodiscard]] bool concerns(std::string_view prosumer) const {
    return prosumers_.contains(prosumer);
  }
  /// Throws InputError with one line per kept fault, and the count of the others, if there is one.
  void raise_if_any() const;

 private:
  std::vector<std::string> kept_;
  std::set<std::string, std::less<>> prosumers_;
  std::size_t count_ = 0;
};

}  // namespace gridtally::model
