#include "archive/iterates.hpp"

#include <charconv>

#include "base/error.hpp"

namespace gridtally::archive {

std::uint64_t Iterates::kept(std::uint64_t iterations) const {
  if (iterations == 0) return 0;
  if (every == 0) return 1;
  return iterations / every + (iterations % every == 0 ? 0 : 1);
}

namespace {
std::vector<std::uint32_t> those(const Iterates& iterates, std::uint64_t iterations, bool kept) {
  std::vector<std::uint32_t> numbers;
  for (std::uint64_t k = 1; k <= iterations; ++k) {
    if (iterates.keeps(k, iterations) == kept) numbers.push_back(static_cast<std::uint32_t>(k));
  }
  return numbers;
}
}  // namespace

std::vector<std::uint32_t> kept_iterations(const Iterates& iterates, std::uint64_t iterations) {
  return those(iterates, iterations, true);
}

std::vector<std::uint32_t> left_out_iterations(const Iterates& iterates, std::uint64_t iterations) {
  return those(iterates, iterations, false);
}

std::string to_text(const Iterates& iterates) {
  if (iterates.every == 0) return "final";
  return iterates.keeps_all() ? "all" : "every:" + std::to_string(iterates.every);
}

Iterates parse_iterates(std::string_view text) {
  if (text == "all") return {};
  if (text == "final") return {0};
  constexpr std::string_view prefix = "every:";
  if (text.starts_with(prefix)) {
    const auto number = text.substr(prefix.size());
    std::uint32_t every = 0;
    const auto [end, wrong] = std::from_chars(number.begin(), number.end(), every);
    if (wrong == std::errc{} && end == number.end() && every > 1 && number.front() != '0') {
      return {every};
    }
  }
  throw InputError("iterates '" + std::string(text) +
                   "': expected all, every:N with N from 2 on, or final");
}

}  // namespace gridtally::archive
