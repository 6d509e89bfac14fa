#include "archive/column_writer.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::archive {

ColumnWriter::ColumnWriter(hid_t file, const Column& column, const Extents& extents, Crew* crew)
    : column_(column),
      rows_(column, extents),
      coder_(coder_of(column, rows_)),
      dataset_(hdf5::create_dataset(file, column.path, column.type, rows_.shape, rows_.width,
                                    rows_.deepest)),
      crew_(crew) {
  hdf5::write_attribute(dataset_.get(), "units", column.units);
  hdf5::write_attribute(dataset_.get(), "long_name", column.long_name);
  if (!coder_) return;
  hdf5::write_attribute(dataset_.get(), "decoding",
                        std::string(column.leaders.empty() ? steps_decoding : led_steps_decoding));
}

void ColumnWriter::append(ledger::ByteView piece) {
  if (rows_.bytes == 0) return;
  const auto whole = coder_ ? rows_.bytes : rows_.batch * rows_.bytes;
  while (!piece.empty()) {
    const auto part = piece.first(std::min<std::size_t>(piece.size(), whole - buffer_.size()));
    buffer_.insert(buffer_.end(), part.begin(), part.end());
    piece = piece.subspan(part.size());
    if (buffer_.size() < whole) continue;
    coder_ ? encode_row() : flush(rows_.batch);
  }
}

/// Rows of the chunks that are filled next: the last ones may be cut off.
std::uint64_t ColumnWriter::next_batch() const { return std::min(rows_.batch, rows_.rows - row_); }

void ColumnWriter::encode_row() {
  const auto columns = next_batch();
  if (columns == 0) throw Error(column_.path + ": more rows than its shape");
  steps_.resize(columns * rows_.numbers);
  coder_->encode(buffer_, encoded_++, columns, steps_);
  buffer_.clear();
  if (encoded_ < columns) return;
  write(columns, steps_.data());
  encoded_ = 0;
}

void ColumnWriter::flush(std::uint64_t rows) {
  if (row_ + rows > rows_.rows) throw Error(column_.path + ": more rows than its shape");
  write(rows, buffer_.data());
  buffer_.clear();
}

void ColumnWriter::write(std::uint64_t rows, const void* data) {
  dataset_.write_rows(row_, rows, data, rows_.axis, crew_);
  row_ += rows;
}

void ColumnWriter::finish() {
  if (!coder_ && !buffer_.empty() && buffer_.size() % rows_.bytes == 0) {
    flush(buffer_.size() / rows_.bytes);
  }
  if (!buffer_.empty() || encoded_ > 0 || (rows_.bytes > 0 && row_ != rows_.rows)) {
    throw Error(column_.path + ": " + std::to_string(row_ + encoded_) + " rows written, expected " +
                std::to_string(rows_.rows));
  }
  close();
}

void ColumnWriter::close() {
  if (!dataset_.close()) throw IoError("HDF5 could not write dataset " + column_.path);
}

namespace {
/// The axis whose scale this column is, if it is one.
bool is_scale(const Column& column) {
  return column.axes.size() == 1 && column.path == scale_path(column.axes[0]);
}

/// Those of all axes or none: xarray refuses a dataset of which some axes only have a scale.
std::vector<hid_t> scales_of(const ColumnWriters& writers, const Column& column) {
  std::vector<hid_t> scales;
  for (const auto axis : column.axes) {
    const auto scale = writers.find(scale_path(axis));
    if (scale == writers.end()) return {};
    scales.push_back(scale->second.dataset());
  }
  return scales;
}
}  // namespace

ColumnWriters create_columns(hid_t file, const std::vector<Column>& columns, const Extents& extents,
                             Crew* crew) {
  ColumnWriters writers;
  for (const auto& column : columns) {
    const auto [at, fresh] =
        writers.emplace(column.path, ColumnWriter(file, column, extents, crew));
    if (fresh && is_scale(column)) hdf5::make_scale(at->second.dataset(), name(column.axes[0]));
  }
  std::vector<hdf5::Scaled> scaled;
  for (const auto& column : columns) {
    if (is_scale(column)) continue;
    auto scales = scales_of(writers, column);
    if (scales.empty()) continue;
    scaled.push_back({writers.at(column.path).dataset(), std::move(scales)});
  }
  hdf5::attach_scales(scaled);
  return writers;
}

}  // namespace gridtally::archive
