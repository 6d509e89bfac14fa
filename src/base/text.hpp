#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridtally {

/// Shortest decimal text that reads back to the same double ("0.1", "1e-06", "nan").
std::string to_text(double value);

/// `value` with `digits` after the point, rounded; locale-independent.
std::string to_fixed(double value, int digits);

/// The whole of `text` as a double or an integer; nothing when any character is left over.
std::optional<double> parse_double(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);

/// `text` without leading and trailing blanks, tabs and carriage returns.
std::string_view trimmed(std::string_view text);

/// Fields of one CSV line, trimmed. No quoting: the project's files have no commas in fields.
std::vector<std::string_view> split(std::string_view line, char separator);

/// Lower-case hexadecimal, two digits a byte, and back; nothing for odd length or other letters.
std::string to_hex(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

}  // namespace gridtally
