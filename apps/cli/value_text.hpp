#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace gridtally::cli {

/// The closed interval a number must lie in.
struct Range {
  double least = -1e300;
  double most = 1e300;
};

// read_value: the whole of `text` as the type of `target`. Returns an empty string on success,
// otherwise what would be valid ("a whole number from 1 to 20"); `target` is then unchanged.
std::string read_value(std::string_view text, const Range& range, bool& target);
std::string read_value(std::string_view text, const Range& range, int& target);
std::string read_value(std::string_view text, const Range& range, std::uint32_t& target);
std::string read_value(std::string_view text, const Range& range, std::int64_t& target);
std::string read_value(std::string_view text, const Range& range, std::uint64_t& target);
std::string read_value(std::string_view text, const Range& range, double& target);
std::string read_value(std::string_view text, const Range& range, std::string& target);
std::string read_value(std::string_view text, const Range& range, std::filesystem::path& target);
/// "5400" or "1:30:00"; the range is in seconds.
std::string read_value(std::string_view text, const Range& range, std::chrono::seconds& target);

/// Comma-separated lists: "1,2,3".
template <class T>
std::string read_value(std::string_view text, const Range& range, std::vector<T>& target) {
  std::vector<T> values;
  for (const auto field : split(text, ',')) {
    T value{};
    const std::string wanted = read_value(field, range, value);
    if (!wanted.empty()) return "a comma-separated list, each entry " + wanted;
    values.push_back(std::move(value));
  }
  target = std::move(values);
  return {};
}

/// An optional target stays empty unless the option is given somewhere.
template <class T>
std::string read_value(std::string_view text, const Range& range, std::optional<T>& target) {
  T value{};
  std::string wanted = read_value(text, range, value);
  if (wanted.empty()) target = std::move(value);
  return wanted;
}

// show_value: the text --help prints as the default; empty where there is none to show.
std::string show_value(bool value);
std::string show_value(int value);
std::string show_value(std::uint32_t value);
std::string show_value(std::int64_t value);
std::string show_value(std::uint64_t value);
std::string show_value(double value);
std::string show_value(const std::string& value);
std::string show_value(const std::filesystem::path& value);
std::string show_value(std::chrono::seconds value);

template <class T>
std::string show_value(const std::vector<T>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ",") + show_value(value);
  return text;
}

template <class T>
std::string show_value(const std::optional<T>& value) {
  return value ? show_value(*value) : std::string{};
}

/// The text that reads back as `value` in whatever folder a program is started.
template <class T>
std::string keep_value(const T& value) {
  return show_value(value);
}
std::string keep_value(const std::filesystem::path& value);

}  // namespace gridtally::cli
