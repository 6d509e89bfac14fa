#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// The few HDF5 calls of this project: handles that close themselves, and reading that trusts
/// nothing in the file. Failures throw FormatError (reading) or IoError (writing).
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

/// Element types of the formats, all little-endian; `text` is UTF-8 of fixed width, null-padded.
enum class Type : std::uint8_t { u8, u32, u64, i64, f64, text };
std::string name(Type type);
/// Bytes of one element; `width` counts for text only.
std::size_t size_of(Type type, std::size_t width);

using Shape = std::vector<std::uint64_t>;
std::uint64_t product(const Shape& shape, std::size_t first_axis = 0);
std::string to_text(const Shape& shape);

/// Chunk of at most 256 KiB: whole trailing axes as long as they fit, but no more than `deepest` of
/// the last.
inline constexpr std::uint64_t any_depth = ~std::uint64_t{0};
Shape chunk_of(const Shape& shape, std::size_t element_size, std::uint64_t deepest = any_depth);

/// A file that must not exist yet, with `mode` bits. Its bytes depend on the content alone: no
/// times.
Handle create_file(const std::filesystem::path& path, unsigned mode = 0644);
/// Read-only, no lock; filter plug-ins are switched off for the process and so is the library's
/// error print-out.
Handle open_file(const std::filesystem::path& path);

/// Chunked, shuffle + deflate + fletcher32 (scalars and empty arrays: plain). Parent groups are
/// made as needed.
Handle create_dataset(hid_t file, const std::string& path, Type type, const Shape& shape,
                      std::size_t width = 1, std::uint64_t deepest = any_depth);
/// Opens `path` after checking: hard links only, no external or virtual storage, no filters but
/// the three above, this type, exactly this shape, the chunks of chunk_of.
Handle open_dataset(hid_t file, const std::string& path, Type type, const Shape& shape,
                    std::size_t width = 1, std::uint64_t deepest = any_depth);
/// As open_dataset, for a text dataset whose width the file decides, within `max_width`.
std::size_t text_width(hid_t file, const std::string& path, std::size_t max_width);

/// Rows [first, first + count) of one axis; `data` holds count * (product of the others).
void write_rows(hid_t dataset, Type type, const Shape& shape, std::uint64_t first,
                std::uint64_t count, const void* data, std::size_t width = 1, std::size_t axis = 0);
void read_rows(hid_t dataset, Type type, const Shape& shape, std::uint64_t first,
               std::uint64_t count, void* data, std::size_t width = 1, std::size_t axis = 0);

void write_attribute(hid_t object, const std::string& name, const std::string& text);
void write_attribute(hid_t object, const std::string& name, std::uint64_t number);
void write_attribute(hid_t object, const std::string& name, double number);
/// Absent, of another type, not scalar, or longer than 4096 bytes: FormatError.
std::string read_text_attribute(hid_t object, const std::string& name);
std::uint64_t read_number_attribute(hid_t object, const std::string& name);
double read_real_attribute(hid_t object, const std::string& name);

/// Dimension scales: `name` becomes a scale; `dataset`'s `axis` uses it.
void make_scale(hid_t scale, const std::string& name);
void attach_scale(hid_t dataset, hid_t scale, unsigned axis);

/// Paths of every dataset under `object`, sorted; FormatError on any link that is not hard, on
/// more than `limit` objects or on anything but groups and datasets.
std::vector<std::string> dataset_paths(hid_t file, std::size_t limit);

}  // namespace gridtally::archive::hdf5
