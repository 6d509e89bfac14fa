#include "cli/value_text.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace gridtally::cli {

namespace {

/// Whole numbers in full ("1000000"), others in their shortest form.
std::string bound_text(double bound) {
  const bool whole = std::abs(bound) < 1e15 && std::floor(bound) == bound;
  return whole ? to_fixed(bound, 0) : to_text(bound);
}

std::string interval_text(const Range& range) {
  const bool low = range.least > Range{}.least;
  const bool high = range.most < Range{}.most;
  if (low && high) return " from " + bound_text(range.least) + " to " + bound_text(range.most);
  if (low) return " of at least " + bound_text(range.least);
  if (high) return " of at most " + bound_text(range.most);
  return {};
}

template <class Integer>
std::string read_integer(std::string_view text, const Range& range, Integer& target) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  const auto number = static_cast<double>(value);
  if (!whole || number < range.least || number > range.most) {
    const bool natural = !std::numeric_limits<Integer>::is_signed && range.least < 0;
    return "a whole number" + interval_text(natural ? Range{0, range.most} : range);
  }
  target = value;
  return {};
}

}  // namespace

std::string read_value(std::string_view text, const Range& /*range*/, bool& target) {
  if (text == "true" || text == "yes" || text == "on" || text == "1") {
    target = true;
  } else if (text == "false" || text == "no" || text == "off" || text == "0") {
    target = false;
  } else {
    return "true or false";
  }
  return {};
}

std::string read_value(std::string_view text, const Range& range, int& target) {
  return read_integer(text, range, target);
}
std::string read_value(std::string_view text, const Range& range, std::uint32_t& target) {
  return read_integer(text, range, target);
}
std::string read_value(std::string_view text, const Range& range, std::int64_t& target) {
  return read_integer(text, range, target);
}
std::string read_value(std::string_view text, const Range& range, std::uint64_t& target) {
  return read_integer(text, range, target);
}

std::string read_value(std::string_view text, const Range& range, double& target) {
  const auto value = parse_double(text);
  if (!value || !std::isfinite(*value) || *value < range.least || *value > range.most) {
    return "a number" + interval_text(range);
  }
  target = *value;
  return {};
}

std::string read_value(std::string_view text, const Range& /*range*/, std::string& target) {
  if (text.empty()) return "a text that is not empty";
  target = text;
  return {};
}

std::string read_value(std::string_view text, const Range& /*range*/,
                       std::filesystem::path& target) {
  if (text.empty()) return "a path";
  target = std::string(text);
  return {};
}

std::string read_value(std::string_view text, const Range& range, std::chrono::seconds& target) {
  const auto parts = split(text, ':');
  std::optional<std::int64_t> seconds;
  if (parts.size() == 1) seconds = parse_integer(parts[0]);
  if (parts.size() == 3 && parts[1].size() == 2 && parts[2].size() == 2) {
    const auto hours = parse_integer(parts[0]);
    const auto minutes = parse_integer(parts[1]);
    const auto rest = parse_integer(parts[2]);
    const auto in_an_hour = [](auto part) { return part && *part >= 0 && *part < 60; };
    if (hours && *hours >= 0 && *hours < 1000000 && in_an_hour(minutes) && in_an_hour(rest)) {
      seconds = *hours * 3600 + *minutes * 60 + *rest;
    }
  }
  const auto number = static_cast<double>(seconds.value_or(-1));
  if (!seconds || number < range.least || number > range.most) {
    return "a number of seconds" + interval_text(range) +
           ", or hours:minutes:seconds as in 1:30:00";
  }
  target = std::chrono::seconds(*seconds);
  return {};
}

std::string show_value(bool value) { return value ? "true" : "false"; }
std::string show_value(int value) { return std::to_string(value); }
std::string show_value(std::uint32_t value) { return std::to_string(value); }
std::string show_value(std::int64_t value) { return std::to_string(value); }
std::string show_value(std::uint64_t value) { return std::to_string(value); }
std::string show_value(double value) { return to_text(value); }
std::string show_value(const std::string& value) { return value; }
std::string show_value(const std::filesystem::path& value) { return value.string(); }

std::string show_value(std::chrono::seconds value) { return std::to_string(value.count()); }

std::string keep_value(const std::filesystem::path& value) {
  return value.empty() ? std::string{} : std::filesystem::absolute(value).string();
}

}  // namespace gridtally::cli
