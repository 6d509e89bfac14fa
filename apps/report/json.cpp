#include "report/json.hpp"

#include <cmath>

#include "base/text.hpp"

namespace gridtally::report {

namespace {

std::string quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string number(double value) { return std::isfinite(value) ? to_text(value) : "null"; }

}  // namespace

void Json::start(std::string_view name) {
  if (!has_members_.empty()) {
    if (has_members_.back()) text_ += ',';
    has_members_.back() = true;
    text_ += '\n' + std::string(2 * has_members_.size(), ' ');
  }
  if (!name.empty()) text_ += quoted(name) + ": ";
}

void Json::end(char bracket) {
  const bool had_members = has_members_.back();
  has_members_.pop_back();
  if (had_members) text_ += '\n' + std::string(2 * has_members_.size(), ' ');
  text_ += bracket;
}

Json& Json::begin_object(std::string_view name) {
  start(name);
  text_ += '{';
  has_members_.push_back(false);
  return *this;
}

Json& Json::end_object() {
  end('}');
  return *this;
}

Json& Json::begin_list(std::string_view name) {
  start(name);
  text_ += '[';
  has_members_.push_back(false);
  return *this;
}

Json& Json::end_list() {
  end(']');
  return *this;
}

Json& Json::member(std::string_view name, std::string_view text) {
  start(name);
  text_ += quoted(text);
  return *this;
}

Json& Json::member(std::string_view name, bool value) {
  start(name);
  text_ += value ? "true" : "false";
  return *this;
}

Json& Json::member(std::string_view name, double value) {
  start(name);
  text_ += number(value);
  return *this;
}

Json& Json::member(std::string_view name, std::uint64_t value) {
  start(name);
  text_ += std::to_string(value);
  return *this;
}

Json& Json::member(std::string_view name, std::span<const double> values) {
  start(name);
  text_ += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    text_ += (i > 0 ? ", " : "") + number(values[i]);
  }
  text_ += ']';
  return *this;
}

Json& Json::null_member(std::string_view name) {
  start(name);
  text_ += "null";
  return *this;
}

}  // namespace gridtally::report
