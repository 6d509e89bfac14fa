#include "model/csv_reader.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"
#include "base/text.hpp"

namespace gridtally::model {

namespace {

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

bool lies_within(double value, const Limits& limits) {
  const bool high_enough = limits.above ? value > limits.least : value >= limits.least;
  return std::isfinite(value) && high_enough && value <= limits.most;
}

std::string describe(const Limits& limits) {
  return (limits.above ? "a number above " : "a number from ") + gridtally::to_text(limits.least) +
         (limits.above ? " up to " : " to ") + gridtally::to_text(limits.most);
}

}  // namespace

std::optional<double> read_number(std::string_view text, std::string_view column,
                                  const Limits& limits, const Place& place, Faults& faults) {
  const auto value = parse_double(text);
  if (value && lies_within(*value, limits)) return *value + 0.0;
  faults.add(place, std::string(column) + " is " + in_quotes(text) + "; give " + describe(limits));
  return std::nullopt;
}

std::optional<int> read_count(std::string_view text, std::string_view column, int least, int most,
                              const Place& place, Faults& faults) {
  const auto value = parse_integer(text);
  if (value && *value >= least && *value <= most) return static_cast<int>(*value);
  faults.add(place, std::string(column) + " is " + in_quotes(text) + "; give a whole number from " +
                        std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

CsvReader::CsvReader(const std::filesystem::path& path, std::string_view header, Faults& faults,
                     std::string_view optional_column)
    : name_(path.string()), faults_(&faults) {
  set_header(std::string(header));
  if (!std::filesystem::is_regular_file(path)) {
    faults.add({name_}, "file missing; give a CSV file with the header " + header_);
    return;
  }
  text_ = read_text(path);
  std::string_view row;
  const bool found = next_line(row);
  const std::string longer = header_ + "," + std::string(optional_column);
  if (!optional_column.empty() && split(row, ',') == split(longer, ',')) set_header(longer);
  usable_ = found && split(row, ',') == columns_;
  if (!usable_) {
    faults.add({name_, 1}, "the header is " + in_quotes(row) + "; give " + in_quotes(header_));
    at_ = text_.size();
  }
}

void CsvReader::set_header(const std::string& header) {
  header_ = header;
  columns_ = split(header_, ',');
  fields_.resize(columns_.size());
}

bool CsvReader::next_line(std::string_view& line) {
  while (at_ < text_.size()) {
    const auto end = std::min(text_.find('\n', at_), text_.size());
    line = trimmed(std::string_view(text_).substr(at_, end - at_));
    at_ = end + 1;
    ++line_;
    if (!line.empty()) return true;
  }
  return false;
}

void CsvReader::split_row(std::string_view row) {
  found_ = 0;
  while (true) {
    const auto comma = row.find(',');
    if (found_ < fields_.size()) fields_[found_] = trimmed(row.substr(0, comma));
    ++found_;
    if (comma == std::string_view::npos) return;
    row.remove_prefix(comma + 1);
  }
}

bool CsvReader::next() {
  std::string_view row;
  while (next_line(row)) {
    split_row(row);
    if (found_ == fields_.size()) return true;
    faults_->add(place(), "the row has " + std::to_string(found_) + " fields; give the " +
                              std::to_string(fields_.size()) + " fields " + header_);
  }
  return false;
}

}  // namespace gridtally::model
