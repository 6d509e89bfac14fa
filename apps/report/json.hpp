#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridtally::report {

/// Builds one JSON text front to back. Members come in the order of the calls; numbers read back
/// to the same bits; NaN and infinity become null. Indented by two, number lists on one line.
class Json {
 public:
  Json& begin_object(std::string_view name = {});
  Json& end_object();
  Json& begin_list(std::string_view name = {});
  Json& end_list();

  Json& member(std::string_view name, std::string_view text);
  Json& member(std::string_view name, const char* text) {
    return member(name, std::string_view(text));
  }
  Json& member(std::string_view name, const std::string& text) {
    return member(name, std::string_view(text));
  }
  Json& member(std::string_view name, bool value);
  Json& member(std::string_view name, double value);
  Json& member(std::string_view name, std::uint64_t value);
  Json& member(std::string_view name, std::uint32_t value) {
    return member(name, std::uint64_t{value});
  }
  Json& member(std::string_view name, std::span<const double> values);
  Json& null_member(std::string_view name);

  /// The text with a line break at its end; every object and list must be closed.
  [[nodiscard]] std::string text() const { return text_ + "\n"; }

 private:
  void start(std::string_view name);
  void end(char bracket);

  std::string text_;
  std::vector<bool> has_members_;  ///< one a bracket that is open
};

}  // namespace gridtally::report
