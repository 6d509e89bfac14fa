#include "archive/column.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.hpp"

namespace gridtally::archive {

static_assert(std::endian::native == std::endian::little);

namespace {
std::uint64_t numbers_of(hdf5::Shape shape, std::size_t axis) {
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return hdf5::product(shape);
}
}  // namespace

std::optional<StepCoder> coder_of(const Column& column, const RowShape& rows) {
  if (column.coding == Coding::plain) return std::nullopt;
  return StepCoder(rows.numbers, column.leaders);
}

RowShape::RowShape(const Column& column, const Extents& extents)
    : shape(shape_of(column, extents)),
      axis(column.coding == Coding::steps ? shape.size() - 1 : 0),
      width(width_of(column, extents)),
      rows(shape[axis]),
      numbers(numbers_of(shape, axis)),
      bytes(numbers * hdf5::size_of(column.type, width)),
      deepest(column.depth) {
  if (hdf5::product(shape) == 0) return;
  batch = hdf5::chunk_of(shape, hdf5::size_of(column.type, width), deepest)[axis];
}

ColumnReader::ColumnReader(const hdf5::Reader& file, const Column& column, const Extents& extents)
    : column_(column),
      rows_(column, extents),
      coder_(coder_of(column, rows_)),
      dataset_(file.dataset(column.path, column.type, rows_.shape, rows_.width, rows_.deepest)) {}

ledger::ByteView ColumnReader::next_row() {
  if (row_ >= rows_.rows) throw FormatError(column_.path + ": no row " + std::to_string(row_));
  if (row_ < first_ || row_ >= first_ + loaded_) load();
  const auto place = row_++ - first_;
  if (!coder_) return ledger::ByteView(buffer_).subspan(place * rows_.bytes, rows_.bytes);
  decoded_.resize(rows_.bytes);
  coder_->decode(steps_, place, loaded_, decoded_);
  return decoded_;
}

void ColumnReader::seek(std::uint64_t row) { row_ = row; }

/// The rows of the chunks that hold the next row.
void ColumnReader::load() {
  first_ = row_ - row_ % rows_.batch;
  loaded_ = std::min(rows_.batch, rows_.rows - first_);
  if (!coder_) return read(first_, loaded_, buffer_);
  steps_.resize(loaded_ * rows_.numbers);
  const std::span bytes(reinterpret_cast<std::uint8_t*>(steps_.data()), 8 * steps_.size());
  dataset_.read_rows(first_, loaded_, rows_.axis, bytes);
}

void ColumnReader::read(std::uint64_t first, std::uint64_t rows, ledger::Bytes& out) {
  out.resize(rows * rows_.bytes);
  dataset_.read_rows(first, rows, rows_.axis, out);
}

ledger::Bytes ColumnReader::take(std::uint64_t rows) {
  if (rows > rows_.rows - row_) {
    throw FormatError(column_.path + ": no row " + std::to_string(rows_.rows));
  }
  ledger::Bytes bytes;
  read(row_, rows, bytes);
  row_ += rows;
  return bytes;
}

ledger::Bytes ColumnReader::all() {
  ledger::Bytes bytes;
  read(0, rows_.rows, bytes);
  return bytes;
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
template std::vector<std::uint64_t> numbers(ledger::ByteView);
template std::vector<std::int64_t> numbers(ledger::ByteView);

}  // namespace gridtally::archive
