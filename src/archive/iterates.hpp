#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gridtally::archive {

/// Which iterations of a settled day keep their decisions when the day is sealed. The last always
/// does; a day that did not settle keeps all.
struct Iterates {
  std::uint32_t every = 1;  ///< those whose number it divides; 0: the last only

  [[nodiscard]] bool keeps_all() const { return every == 1; }
  /// Of a day of `iterations`; counted from 1.
  [[nodiscard]] bool keeps(std::uint64_t iteration, std::uint64_t iterations) const {
    return iteration == iterations || (every > 0 && iteration % every == 0);
  }
  [[nodiscard]] std::uint64_t kept(std::uint64_t iterations) const;
  bool operator==(const Iterates&) const = default;
};

/// Numbers of the iterations that are kept, or of those that are not, ascending.
std::vector<std::uint32_t> kept_iterations(const Iterates& iterates, std::uint64_t iterations);
std::vector<std::uint32_t> left_out_iterations(const Iterates& iterates, std::uint64_t iterations);

/// "all", "every:N" or "final".
std::string to_text(const Iterates& iterates);
/// InputError for any other text, or N below 2.
Iterates parse_iterates(std::string_view text);

}  // namespace gridtally::archive
