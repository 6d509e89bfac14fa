#include "archive/column_writer.hpp"

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
  buffer_.insert(buffer_.end(), piece.begin(), piece.end());
  while (rows_.bytes > 0 && buffer_.size() >= rows_.batch * rows_.bytes) flush(rows_.batch);
}

void ColumnWriter::flush(std::uint64_t rows) {
  if (row_ + rows > rows_.rows) throw Error(column_.path + ": more rows than its shape");
  const auto bytes = rows * rows_.bytes;
  const auto write = [&](const void* data) {
    hdf5::write_rows(dataset_.get(), column_.type, rows_.shape, row_, rows, data, rows_.width,
                     rows_.axis, crew_);
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

ColumnWriters create_columns(hid_t file, const std::vector<Column>& columns, const Extents& extents,
                             Crew* crew) {
  ColumnWriters writers;
  for (const auto& column : columns) {
    const auto [at, fresh] =
        writers.emplace(column.path, ColumnWriter(file, column, extents, crew));
    if (fresh && is_scale(column)) hdf5::make_scale(at->second.dataset(), name(column.axes[0]));
  }
  for (const auto& column : columns) {
    if (!is_scale(column)) attach_scales(writers, column);
  }
  return writers;
}

}  // namespace gridtally::archive
