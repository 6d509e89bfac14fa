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

std::optional<StepCoder> coder_of(const Column& column, const RowShape& rows) {
  if (column.coding == Coding::plain) return std::nullopt;
  return StepCoder(rows.numbers, column.leaders);
}
}  // namespace

RowShape::RowShape(const Column& column, const Extents& extents)
    : shape(shape_of(column, extents)),
      axis(column.coding == Coding::steps ? shape.size() - 1 : 0),
      width(width_of(column, extents)),
      rows(shape[axis]),
      numbers(numbers_of(shape, axis)),
      bytes(numbers * hdf5::size_of(column.type, width)),
      deepest(column.coding == Coding::steps ? steps_depth : hdf5::any_depth) {
  if (hdf5::product(shape) == 0) return;
  batch = hdf5::chunk_of(shape, hdf5::size_of(column.type, width), deepest)[axis];
}

ColumnWriter::ColumnWriter(hid_t file, const Column& column, const Extents& extents)
    : column_(column),
      rows_(column, extents),
      coder_(coder_of(column, rows_)),
      dataset_(hdf5::create_dataset(file, column.path, column.type, rows_.shape, rows_.width,
                                    rows_.deepest)) {
  hdf5::write_attribute(dataset_.get(), "units", column.units);
  hdf5::write_attribute(dataset_.get(), "long_name", column.long_name);
  if (!coder_) return;
  hdf5::write_attribute(dataset_.get(), "decoding",
                        std::string(column.leaders.empty() ? steps_decoding : led_steps_decoding));
}

void ColumnWriter::append(ledger::ByteView piece) {
  buffer_.insert(buffer_.end(), piece.begin(), piece.end());
  while (rows_.bytes > 0 && buffer_.size() >= rows_.batch * rows_.bytes) flush(rows_.batch);
}

void ColumnWriter::flush(std::uint64_t rows) {
  if (row_ + rows > rows_.rows) throw Error(column_.path + ": more rows than its shape");
  const auto bytes = rows * rows_.bytes;
  const auto write = [&](const void* data) {
    hdf5::write_rows(dataset_.get(), column_.type, rows_.shape, row_, rows, data, rows_.width,
                     rows_.axis);
  };
  if (coder_) {
    write(coder_->encode(ledger::ByteView(buffer_).first(bytes)).data());
  } else {
    write(buffer_.data());
  }
  row_ += rows;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(bytes));
}

void ColumnWriter::finish() {
  if (rows_.bytes > 0 && !buffer_.empty()) flush(buffer_.size() / rows_.bytes);
  if (!buffer_.empty() || (rows_.bytes > 0 && row_ != rows_.rows)) {
    throw Error(column_.path + ": " + std::to_string(row_) + " rows written, expected " +
                std::to_string(rows_.rows));
  }
}

ColumnReader::ColumnReader(hid_t file, const Column& column, const Extents& extents)
    : column_(column),
      rows_(column, extents),
      coder_(coder_of(column, rows_)),
      dataset_(hdf5::open_dataset(file, column.path, column.type, rows_.shape, rows_.width,
                                  rows_.deepest)) {}

ledger::ByteView ColumnReader::next_row() {
  if (row_ >= rows_.rows) throw FormatError(column_.path + ": no row " + std::to_string(row_));
  if (row_ >= first_ + loaded_) load();
  const auto offset = (row_++ - first_) * rows_.bytes;
  return ledger::ByteView(buffer_).subspan(offset, rows_.bytes);
}

void ColumnReader::seek(std::uint64_t row) {
  if (row < first_) {
    first_ = row;
    loaded_ = 0;
  }
  row_ = row;
}

void ColumnReader::load() {
  first_ = row_;
  loaded_ = std::min(rows_.batch, rows_.rows - row_);
  if (!coder_) {
    buffer_ = read(first_, loaded_);
    return;
  }
  std::vector<std::uint64_t> steps(loaded_ * rows_.numbers);
  hdf5::read_rows(dataset_.get(), column_.type, rows_.shape, first_, loaded_, steps.data(),
                  rows_.width, rows_.axis);
  buffer_ = coder_->decode(steps);
}

ledger::Bytes ColumnReader::read(std::uint64_t first, std::uint64_t rows) {
  ledger::Bytes bytes(rows * rows_.bytes);
  hdf5::read_rows(dataset_.get(), column_.type, rows_.shape, first, rows, bytes.data(),
                  rows_.width);
  return bytes;
}

ledger::Bytes ColumnReader::take(std::uint64_t rows) {
  if (rows > rows_.rows - row_) {
    throw FormatError(column_.path + ": no row " + std::to_string(rows_.rows));
  }
  auto bytes = read(row_, rows);
  row_ += rows;
  return bytes;
}

ledger::Bytes ColumnReader::all() { return read(0, rows_.rows); }

namespace {
/// The axis whose scale this column is, if it is one.
bool is_scale(const Column& column) {
  return column.axes.size() == 1 && column.path == scale_path(column.axes[0]);
}

/// All axes or none: xarray refuses a dataset of which some axes only have a scale.
void attach_scales(const ColumnWriters& writers, const Column& column) {
  std::vector<hid_t> scales;
  for (const auto axis : column.axes) {
    const auto scale = writers.find(scale_path(axis));
    if (scale == writers.end()) return;
    scales.push_back(scale->second.dataset());
  }
  for (unsigned axis = 0; axis < scales.size(); ++axis) {
    hdf5::attach_scale(writers.at(column.path).dataset(), scales[axis], axis);
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
