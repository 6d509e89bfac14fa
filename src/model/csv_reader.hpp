#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/faults.hpp"

namespace gridtally::model {

/// What a number may be: least … most, or above `least` where `above` is set.
struct Limits {
  double least;
  double most;
  bool above = false;
};

/// Sanity bounds: beyond them a value is taken for a mistake of units.
constexpr double largest_energy = 1e6;  ///< [kWh per slot]
constexpr double largest_price = 1e6;   ///< [cents/kWh]
constexpr Limits energy_limits{0.0, largest_energy};

/// `text` as a finite number within `limits`; otherwise adds a fault that names `column`, the value
/// and what would be valid. Negative zero becomes zero.
std::optional<double> read_number(std::string_view text, std::string_view column,
                                  const Limits& limits, const Place& place, Faults& faults);

/// A whole number least … most, or a fault.
std::optional<int> read_count(std::string_view text, std::string_view column, int least, int most,
                              const Place& place, Faults& faults);

/// The rows of one CSV file with a fixed header, which may have one more column. A file that is
/// absent or has another header gives one fault and no rows; a row with another number of fields
/// gives a fault and is passed over.
class CsvReader {
 public:
  /// `optional_column`: the name of a last column that the file may have; empty: none.
  CsvReader(const std::filesystem::path& path, std::string_view header, Faults& faults,
            std::string_view optional_column = {});

  /// Goes to the next well-formed row; false at the end.
  bool next();
  /// False when the file had no readable header: its rows should not be called missing.
  [[nodiscard]] bool usable() const { return usable_; }
  /// Fields of the current row, without surrounding blanks; valid while the reader lives.
  [[nodiscard]] std::string_view field(std::size_t column) const { return fields_[column]; }
  [[nodiscard]] std::string_view column(std::size_t index) const { return columns_[index]; }
  [[nodiscard]] std::size_t columns() const { return columns_.size(); }
  [[nodiscard]] std::size_t line() const { return line_; }
  [[nodiscard]] Place place() const { return {name_, line_}; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Faults& faults() { return *faults_; }

  /// read_number of one field of the current row, at `place`.
  std::optional<double> number(std::size_t index, const Limits& limits, const Place& place) {
    return read_number(field(index), column(index), limits, place, *faults_);
  }

 private:
  void set_header(const std::string& header);
  bool next_line(std::string_view& line);
  void split_row(std::string_view row);

  std::string name_;
  std::string text_;
  std::string header_;
  std::vector<std::string_view> columns_;
  std::vector<std::string_view> fields_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  std::size_t found_ = 0;
  bool usable_ = false;
  Faults* faults_;
};

}  // namespace gridtally::model
