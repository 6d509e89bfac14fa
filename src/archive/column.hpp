#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "archive/hdf5_reader.hpp"
#include "archive/layout.hpp"
#include "archive/steps.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::archive {

/// The bytes of numbers as they stand in memory (little-endian machines only).
template <typename T>
ledger::ByteView bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}
template <typename T>
ledger::ByteView bytes_of(const std::vector<T>& values) {
  return bytes_of(std::span<const T>(values));
}
template <typename T>
ledger::ByteView bytes_of_one(const T& value) {
  return bytes_of(std::span<const T>(&value, 1));
}

/// Where the rows of a dataset lie, and how many go at once.
struct RowShape {
  RowShape(const Column& column, const Extents& extents);
  hdf5::Shape shape;
  std::size_t axis;         ///< along which rows are counted
  std::size_t width;        ///< of an element of text
  std::uint64_t rows;       ///< in all
  std::uint64_t numbers;    ///< elements of a row
  std::uint64_t bytes;      ///< of a row
  std::uint64_t deepest;    ///< rows in a chunk, where rows lie along the last axis
  std::uint64_t batch = 1;  ///< rows that a chunk holds; at least one
};

/// What undoes the coding of a column, where it has one.
std::optional<StepCoder> coder_of(const Column& column, const RowShape& rows);

/// Reads one checked dataset front to back, row by row: plain numbers whatever the coding.
class ColumnReader {
 public:
  ColumnReader(const hdf5::Reader& file, const Column& column, const Extents& extents);
  /// The next row's bytes, valid until the next call. FormatError past the end.
  ledger::ByteView next_row();
  /// next_row gives `row` next. Not for steps.
  void seek(std::uint64_t row);
  /// The next `rows` rows' bytes; FormatError past the end. The caller bounds `rows`. Not for
  /// steps.
  ledger::Bytes take(std::uint64_t rows);
  /// The whole dataset; only for those whose size is known to be small. Not for steps.
  ledger::Bytes all();

 private:
  void load();
  void read(std::uint64_t first, std::uint64_t rows, ledger::Bytes& out);

  Column column_;
  RowShape rows_;
  std::uint64_t row_ = 0;
  std::optional<StepCoder> coder_;
  std::uint64_t loaded_ = 0;
  std::uint64_t first_ = 0;
  ledger::Bytes buffer_;              ///< of plain numbers: the rows loaded
  std::vector<std::uint64_t> steps_;  ///< else them as steps
  ledger::Bytes decoded_;             ///< and one row of them
  hdf5::Dataset dataset_;
};

using ColumnReaders = std::map<std::string, ColumnReader>;

/// One number of a row.
template <typename T>
T number_at(ledger::ByteView row, std::size_t index);
/// Every number of a row.
template <typename T>
std::vector<T> numbers(ledger::ByteView row);

}  // namespace gridtally::archive
