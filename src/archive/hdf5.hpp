#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive/hdf5_chunks.hpp"
#include "archive/hdf5_types.hpp"
#include "base/crew.hpp"

/// Writing by the HDF5 library: handles that close themselves. Failures throw IoError. Files are
/// read without the library (hdf5_reader.hpp).
namespace gridtally::archive::hdf5 {

/// The library is not made for threads: whoever calls it holds this lock, one for the process. Held
/// by every function here, and may be held around several.
std::unique_lock<std::recursive_mutex> library_lock();

/// Owns one HDF5 identifier.
class Handle {
 public:
  using Closer = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Closer closer) : id_(id), closer_(closer) {}
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), closer_(other.closer_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close(); }
  [[nodiscard]] hid_t get() const noexcept { return id_; }
  /// Closes now; false when the library could not write what was left.
  bool close() noexcept {
    const hid_t id = std::exchange(id_, H5I_INVALID_HID);
    if (id < 0) return true;
    const auto lock = library_lock();
    return closer_(id) >= 0;
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Closer closer_ = nullptr;
};

/// A file that must not exist yet, with `mode` bits. Its bytes depend on the content alone: no
/// times. Made of the oldest structures of HDF5 whatever the library's version: hdf5_reader.hpp
/// knows no others.
Handle create_file(const std::filesystem::path& path, unsigned mode = 0644);
/// The same in memory.
Handle create_image();
/// Its bytes as they are now, with nothing between the structures that belongs to none.
ledger::Bytes image_of(hid_t file);

/// A dataset that is being written.
class NewDataset {
 public:
  /// `chunks`: how it is cut; nothing for a scalar or an empty array.
  NewDataset(Handle dataset, Type type, std::size_t width, const Shape& shape,
             std::optional<ChunkGrid> chunks);
  [[nodiscard]] hid_t get() const noexcept { return dataset_.get(); }
  bool close() noexcept { return dataset_.close(); }
  /// Rows [first, first + count) of one axis, all that the chunks they lie in have; `data` holds
  /// count * (product of the others) elements. Chunks pass shuffle, deflate and fletcher32 outside
  /// of the library and its lock, several at once with a crew, to the bytes that its own filters
  /// make. A scalar is one row; an empty array has none.
  void write_rows(std::uint64_t first, std::uint64_t count, const void* data, std::size_t axis = 0,
                  Crew* crew = nullptr);
  /// A chunk as it is to be stored; `first`: its first element along each axis.
  void write_stored(const Shape& first, const ledger::Bytes& stored);

 private:
  void write_scalar(const void* data);

  Handle dataset_;
  Type type_;
  std::size_t width_;
  bool scalar_;
  std::optional<ChunkGrid> chunks_;
};

/// Chunked, shuffle + deflate + fletcher32 (scalars and empty arrays: plain). Parent groups are
/// made as needed.
NewDataset create_dataset(hid_t file, const std::string& path, Type type, const Shape& shape,
                          std::size_t width = 1, std::uint64_t deepest = any_depth);
void write_attribute(hid_t object, const std::string& name, const std::string& text);
void write_attribute(hid_t object, const std::string& name, std::uint64_t number);
void write_attribute(hid_t object, const std::string& name, double number);

/// Makes a dataset of one axis a dimension scale called `name`.
void make_scale(hid_t scale, const std::string& name);
/// A dataset and the scale of each of its axes.
struct Scaled {
  hid_t dataset;
  std::vector<hid_t> scales;
};
/// Links datasets, each named once, and scales; once for a file, by all its ranks where they write
/// it together. H5DSattach_scale does so for one axis at a time, and each time reads and writes
/// anew all that the scale is linked to. A scale has at most 4,000 links.
void attach_scales(const std::vector<Scaled>& datasets);

}  // namespace gridtally::archive::hdf5
