#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archive/column.hpp"
#include "archive/hdf5.hpp"

namespace gridtally::archive {

/// Fills one dataset front to back; holds one batch of rows of about a chunk, as it will be
/// written. Rows are those of plain numbers whatever the coding.
class ColumnWriter {
 public:
  /// Makes the dataset with its units and long_name.
  ColumnWriter(hid_t file, const Column& column, const Extents& extents, Crew* crew = nullptr);
  void append(ledger::ByteView piece);
  /// Error unless exactly the dataset's bytes were appended; IoError when they cannot be written.
  /// The dataset is closed then.
  void finish();
  /// Writes what the library still holds back: IoError when that fails.
  void close();
  [[nodiscard]] hid_t dataset() const { return dataset_.get(); }
  /// Stores one byte, which is nothing, for the first chunk: its place in the index is there then.
  void reserve_chunk() { dataset_.write_stored(hdf5::Shape(rows_.shape.size(), 0), {0}); }

 private:
  void encode_row();
  void flush(std::uint64_t rows);
  void write(std::uint64_t rows, const void* data);
  [[nodiscard]] std::uint64_t next_batch() const;

  Column column_;
  RowShape rows_;
  std::uint64_t row_ = 0;
  std::optional<StepCoder> coder_;
  ledger::Bytes buffer_;              ///< of plain numbers: rows; else the row under way
  std::vector<std::uint64_t> steps_;  ///< the rows before it
  std::uint64_t encoded_ = 0;         ///< how many
  hdf5::NewDataset dataset_;
  Crew* crew_;
};

using ColumnWriters = std::map<std::string, ColumnWriter, std::less<>>;

/// All datasets of a new file, with their dimension scales attached where the file has them. A
/// crew, which must outlive them, helps to deflate.
ColumnWriters create_columns(hid_t file, const std::vector<Column>& columns, const Extents& extents,
                             Crew* crew = nullptr);

}  // namespace gridtally::archive
