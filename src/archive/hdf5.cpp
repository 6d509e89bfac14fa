#include "archive/hdf5.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <map>

#include "archive/hdf5_filters.hpp"
#include "archive/hdf5_rows.hpp"
#include "archive/library.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

void start_hdf5() {
  const auto lock = hdf5::library_lock();
  H5dont_atexit();
  if (H5open() < 0) throw IoError("HDF5 could not start");
}

namespace hdf5 {

namespace {
constexpr std::uint64_t chunks_at_once = 32;

/// Nothing the library prints, loads or locks depends on the user's environment. Nothing is done at
/// the process' exit: all handles are closed by then, and after a disk that was full the library
/// would crash there instead of letting the error through.
void configure_library() {
  start_hdf5();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
}

Handle written(hid_t id, Handle::Closer closer, const std::string& what) {
  if (id < 0) throw IoError("HDF5 could not write " + what);
  return {id, closer};
}

void require_written(herr_t status, const std::string& what) {
  if (status < 0) throw IoError("HDF5 could not write " + what);
}

Handle memory_type(Type type, std::size_t width) {
  switch (type) {
    case Type::u8:
      return {H5Tcopy(H5T_STD_U8LE), H5Tclose};
    case Type::u32:
      return {H5Tcopy(H5T_STD_U32LE), H5Tclose};
    case Type::u64:
      return {H5Tcopy(H5T_STD_U64LE), H5Tclose};
    case Type::i64:
      return {H5Tcopy(H5T_STD_I64LE), H5Tclose};
    case Type::f64:
      return {H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
    case Type::text:
      break;
  }
  Handle text{H5Tcopy(H5T_C_S1), H5Tclose};
  H5Tset_size(text.get(), width);
  H5Tset_strpad(text.get(), H5T_STR_NULLPAD);
  H5Tset_cset(text.get(), H5T_CSET_UTF8);
  return text;
}

Handle space_of(const Shape& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose};
}

void create_parents(hid_t file, const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const auto parent = path.substr(0, slash);
    if (H5Lexists(file, parent.c_str(), H5P_DEFAULT) > 0) continue;
    const Handle properties{H5Pcreate(H5P_GROUP_CREATE), H5Pclose};
    H5Pset_obj_track_times(properties.get(), false);
    written(H5Gcreate2(file, parent.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose,
            "group " + parent);
  }
}

}  // namespace

std::unique_lock<std::recursive_mutex> library_lock() {
  static std::recursive_mutex library;
  return std::unique_lock(library);
}

namespace {
Handle create(const std::string& name, hid_t access) {
  // Small index nodes: the default takes 3 kB a dataset, and a day has 45 of a few chunks each.
  const Handle properties{H5Pcreate(H5P_FILE_CREATE), H5Pclose};
  H5Pset_istore_k(properties.get(), 4);
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  return written(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, properties.get(), access), H5Fclose, name);
}
}  // namespace

Handle create_file(const std::filesystem::path& path, unsigned mode) {
  const auto lock = library_lock();
  configure_library();
  File::create(path, mode).close();
  const Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
  return create(path.string(), access.get());
}

Handle create_image() {
  const auto lock = library_lock();
  configure_library();
  const Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
  const std::size_t grows_by = std::size_t{1} << 16;
  require_written(H5Pset_fapl_core(access.get(), grows_by, false), "into memory");
  // Room is taken as it is needed, not in blocks whose rest would stay.
  H5Pset_meta_block_size(access.get(), 0);
  H5Pset_small_data_block_size(access.get(), 0);
  return create("image", access.get());
}

ledger::Bytes image_of(hid_t file) {
  const auto lock = library_lock();
  require_written(H5Fflush(file, H5F_SCOPE_LOCAL), "a file in memory");
  const auto size = H5Fget_file_image(file, nullptr, 0);
  if (size <= 0) throw IoError("HDF5 could not give a file in memory");
  ledger::Bytes bytes(static_cast<std::size_t>(size));
  if (H5Fget_file_image(file, bytes.data(), bytes.size()) != size) {
    throw IoError("HDF5 could not give a file in memory");
  }
  return bytes;
}

NewDataset create_dataset(hid_t file, const std::string& path, Type type, const Shape& shape,
                          std::size_t width, std::uint64_t deepest) {
  const auto lock = library_lock();
  create_parents(file, path);
  const Handle properties{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
  H5Pset_obj_track_times(properties.get(), false);
  std::optional<ChunkGrid> chunks;
  if (!shape.empty() && product(shape) > 0) {
    const auto element_size = size_of(type, width);
    chunks.emplace(shape, chunk_of(shape, element_size, deepest), element_size);
    const std::vector<hsize_t> extent(chunks->chunk.begin(), chunks->chunk.end());
    H5Pset_chunk(properties.get(), static_cast<int>(extent.size()), extent.data());
    H5Pset_shuffle(properties.get());
    H5Pset_deflate(properties.get(), deflate_level);
    H5Pset_fletcher32(properties.get());
  }
  const Handle element = memory_type(type, width);
  const Handle space = space_of(shape);
  auto dataset = written(H5Dcreate2(file, path.c_str(), element.get(), space.get(), H5P_DEFAULT,
                                    properties.get(), H5P_DEFAULT),
                         H5Dclose, "dataset " + path);
  return {std::move(dataset), type, width, shape, std::move(chunks)};
}

NewDataset::NewDataset(Handle dataset, Type type, std::size_t width, const Shape& shape,
                       std::optional<ChunkGrid> chunks)
    : dataset_(std::move(dataset)),
      type_(type),
      width_(width),
      scalar_(shape.empty()),
      chunks_(std::move(chunks)) {}

void NewDataset::write_stored(const Shape& first, const ledger::Bytes& stored) {
  const auto lock = library_lock();
  const std::vector<hsize_t> offset(first.begin(), first.end());
  require_written(
      H5Dwrite_chunk(get(), H5P_DEFAULT, 0, offset.data(), stored.size(), stored.data()),
      "the chunk at " + to_text(first) + " of a dataset");
}

void NewDataset::write_scalar(const void* data) {
  const auto lock = library_lock();
  const Handle element = memory_type(type_, width_);
  require_written(H5Dwrite(get(), element.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
                  "a scalar dataset");
}

void NewDataset::write_rows(std::uint64_t first, std::uint64_t count, const void* data,
                            std::size_t axis, Crew* crew) {
  if (scalar_) return write_scalar(data);
  if (count == 0 || !chunks_) return;
  const RowsInChunks rows(*chunks_, axis, first, count);
  Crew alone(0);
  auto& hands = crew != nullptr ? *crew : alone;
  std::vector<ledger::Bytes> stored(std::min<std::uint64_t>(rows.chunks(), chunks_at_once));
  for (std::uint64_t done = 0; done < rows.chunks(); done += stored.size()) {
    stored.resize(std::min<std::uint64_t>(rows.chunks() - done, stored.size()));
    hands.share(stored.size(), [&](std::size_t i) {
      stored[i] = encode_chunk(rows.cut(done + i, static_cast<const std::uint8_t*>(data)),
                               chunks_->element_size);
    });
    for (std::size_t i = 0; i < stored.size(); ++i) {
      write_stored(rows.first_of(done + i), stored[i]);
    }
  }
}

namespace {
void write_scalar(hid_t object, const std::string& name, hid_t type, const void* value) {
  const Handle space{H5Screate(H5S_SCALAR), H5Sclose};
  const Handle attribute =
      written(H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
              H5Aclose, "attribute " + name);
  require_written(H5Awrite(attribute.get(), type, value), "attribute " + name);
}
}  // namespace

void write_attribute(hid_t object, const std::string& name, const std::string& text) {
  const auto lock = library_lock();
  const Handle type = memory_type(Type::text, std::max<std::size_t>(1, text.size()));
  write_scalar(object, name, type.get(), text.empty() ? "\0" : text.data());
}

void write_attribute(hid_t object, const std::string& name, std::uint64_t number) {
  const auto lock = library_lock();
  write_scalar(object, name, H5T_STD_U64LE, &number);
}

void write_attribute(hid_t object, const std::string& name, double number) {
  const auto lock = library_lock();
  write_scalar(object, name, H5T_IEEE_F64LE, &number);
}

void make_scale(hid_t scale, const std::string& name) {
  const auto lock = library_lock();
  require_written(H5DSset_scale(scale, name.c_str()), "dimension scale " + name);
}

namespace {
/// An entry of a scale's REFERENCE_LIST, as the library's high level has it.
struct Use {
  hobj_ref_t dataset;
  std::int32_t axis;
  std::int32_t padding = 0;  // goes to the file
};

hobj_ref_t reference_to(hid_t dataset) {
  hobj_ref_t reference = 0;
  require_written(H5Rcreate(&reference, dataset, ".", H5R_OBJECT, -1), "a reference");
  return reference;
}

void write_list(hid_t object, const char* name, hid_t type, std::size_t count, const void* data) {
  const Handle space = space_of({count});
  const Handle attribute = written(
      H5Acreate2(object, name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, name);
  require_written(H5Awrite(attribute.get(), type, data), name);
}

void write_uses(hid_t scale, const std::vector<Use>& uses) {
  const Handle type{H5Tcreate(H5T_COMPOUND, sizeof(Use)), H5Tclose};
  require_written(H5Tinsert(type.get(), "dataset", HOFFSET(Use, dataset), H5T_STD_REF_OBJ),
                  "the type of a scale's links");
  require_written(H5Tinsert(type.get(), "dimension", HOFFSET(Use, axis), H5T_STD_I32LE),
                  "the type of a scale's links");
  write_list(scale, "REFERENCE_LIST", type.get(), uses.size(), uses.data());
}
}  // namespace

void attach_scales(const std::vector<Scaled>& datasets) {
  const auto lock = library_lock();
  std::map<hid_t, hobj_ref_t> references;
  std::map<hid_t, std::vector<Use>> uses;
  const Handle type{H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose};
  for (const auto& [dataset, scales] : datasets) {
    const auto self = reference_to(dataset);
    std::vector<hvl_t> lists;
    for (const auto scale : scales) {
      auto& reference = references[scale];
      if (reference == 0) reference = reference_to(scale);
      uses[scale].push_back({self, static_cast<std::int32_t>(lists.size())});
      lists.push_back({1, &reference});
    }
    write_list(dataset, "DIMENSION_LIST", type.get(), lists.size(), lists.data());
  }
  for (const auto& [scale, list] : uses) write_uses(scale, list);
}

}  // namespace hdf5

}  // namespace gridtally::archive
