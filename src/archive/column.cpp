#include "archive/column.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.hpp"

namespace gridtally::archive {

static_assert(std::endian::native == std::endian::little);

namespace {
std::uint64_t bytes_per_row(const Column& column, const hdf5::Shape& shape, std::size_t width) {
  return hdf5::product(shape, 1) * hdf5::size_of(column.type, width);
}

/// Rows that a chunk holds; at least one.
std::uint64_t batch_of(const Column& column, const hdf5::Shape& shape, std::size_t width) {
  if (hdf5::product(shape) == 0) return 1;
  return hdf5::chunk_of(shape, hdf5::size_of(column.type, width))[0];
}
}  // namespace

ColumnWriter::ColumnWriter(hid_t file, const Column& column, const Extents& extents)
    : column_(column),
      shape_(shape_of(column, extents)),
      width_(width_of(column, extents)),
      row_bytes_(bytes_per_row(column, shape_, width_)),
      batch_(batch_of(column, shape_, width_)),
      dataset_(hdf5::create_dataset(file, column.path, column.type, shape_, width_)) {
  hdf5::write_attribute(dataset_.get(), "units", column.units);
  hdf5::write_attribute(dataset_.get(), "long_name", column.long_name);
}

void ColumnWriter::append(ledger::ByteView piece) {
  buffer_.insert(buffer_.end(), piece.begin(), piece.end());
  while (row_bytes_ > 0 && buffer_.size() >= batch_ * row_bytes_) flush(batch_);
}

void ColumnWriter::flush(std::uint64_t rows) {
  if (row_ + rows > shape_[0]) throw Error(column_.path + ": more rows than its shape");
  hdf5::write_rows(dataset_.get(), column_.type, shape_, row_, rows, buffer_.data(), width_);
  row_ += rows;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(rows * row_bytes_));
}

void ColumnWriter::finish() {
  if (row_bytes_ > 0 && !buffer_.empty()) flush(buffer_.size() / row_bytes_);
  if (!buffer_.empty() || (row_bytes_ > 0 && row_ != shape_[0])) {
    throw Error(column_.path + ": " + std::to_string(row_) + " rows written, expected " +
                std::to_string(shape_[0]));
  }
}

ColumnReader::ColumnReader(hid_t file, const Column& column, const Extents& extents)
    : column_(column),
      shape_(shape_of(column, extents)),
      width_(width_of(column, extents)),
      row_bytes_(bytes_per_row(column, shape_, width_)),
      batch_(batch_of(column, shape_, width_)),
      dataset_(hdf5::open_dataset(file, column.path, column.type, shape_, width_)) {}

ledger::ByteView ColumnReader::next_row() {
  if (row_ >= shape_[0]) throw FormatError(column_.path + ": no row " + std::to_string(row_));
  if (row_ >= first_ + loaded_) {
    first_ = row_;
    loaded_ = std::min(batch_, shape_[0] - row_);
    buffer_.resize(loaded_ * row_bytes_);
    hdf5::read_rows(dataset_.get(), column_.type, shape_, first_, loaded_, buffer_.data(), width_);
  }
  const auto offset = (row_++ - first_) * row_bytes_;
  return ledger::ByteView(buffer_).subspan(offset, row_bytes_);
}

ledger::Bytes ColumnReader::take(std::uint64_t rows) {
  if (rows > shape_[0] - row_) {
    throw FormatError(column_.path + ": no row " + std::to_string(shape_[0]));
  }
  ledger::Bytes bytes(rows * row_bytes_);
  if (rows > 0) {
    hdf5::read_rows(dataset_.get(), column_.type, shape_, row_, rows, bytes.data(), width_);
  }
  row_ += rows;
  return bytes;
}

ledger::Bytes ColumnReader::all() {
  ledger::Bytes bytes(hdf5::product(shape_) * hdf5::size_of(column_.type, width_));
  hdf5::read_rows(dataset_.get(), column_.type, shape_, 0, shape_[0], bytes.data(), width_);
  return bytes;
}

namespace {
/// The axis whose scale this column is, if it is one.
bool is_scale(const Column& column) {
  return column.axes.size() == 1 && column.path == scale_path(column.axes[0]);
}

void attach_scales(const ColumnWriters& writers, const Column& column) {
  for (unsigned axis = 0; axis < column.axes.size(); ++axis) {
    const auto scale = writers.find(scale_path(column.axes[axis]));
    if (scale == writers.end()) continue;
    hdf5::attach_scale(writers.at(column.path).dataset(), scale->second.dataset(), axis);
  }
}
}  // namespace

ColumnWriters create_columns(hid_t file, const std::vector<Column>& columns,
                             const Extents& extents) {
  ColumnWriters writers;
  for (const auto& column : columns) {
    const auto [at, fresh] = writers.emplace(column.path, ColumnWriter(file, column, extents));
    if (fresh && is_scale(column)) hdf5::make_scale(at->second.dataset(), name(column.axes[0]));
  }
  for (const auto& column : columns) {
    if (!is_scale(column)) attach_scales(writers, column);
  }
  return writers;
}

template <typename T>
T number_at(ledger::ByteView row, std::size_t index) {
  T value;
  std::memcpy(&value, row.subspan(index * sizeof(T), sizeof(T)).data(), sizeof(T));
  return value;
}

template <typename T>
std::vector<T> numbers(ledger::ByteView row) {
  std::vector<T> values(row.size() / sizeof(T));
  if (!row.empty()) std::memcpy(values.data(), row.data(), values.size() * sizeof(T));
  return values;
}

template std::uint8_t number_at(ledger::ByteView, std::size_t);
template std::uint32_t number_at(ledger::ByteView, std::size_t);
template std::uint64_t number_at(ledger::ByteView, std::size_t);
template double number_at(ledger::ByteView, std::size_t);
template std::int64_t number_at(ledger::ByteView, std::size_t);
template std::vector<double> numbers(ledger::ByteView);
template std::vector<std::int64_t> numbers(ledger::ByteView);

}  // namespace gridtally::archive
