#include <algorithm>

#include "archive/hdf5.hpp"
#include "base/error.hpp"

/// Everything a file from a stranger must satisfy before one of its bytes is used.
namespace gridtally::archive::hdf5 {

namespace {
constexpr std::size_t max_attribute_bytes = 4096;

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw FormatError("dataset " + path + ": " + reason);
}

void require_hard_links(hid_t file, const std::string& path) {
  for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const auto part = path.substr(0, slash);
    H5L_info_t link;
    if (H5Lget_info(file, part.c_str(), &link, H5P_DEFAULT) < 0) refuse(path, "missing");
    if (link.type != H5L_TYPE_HARD) refuse(path, part + " is a soft or external link");
    if (slash == std::string::npos) return;
  }
}

void require_plain_storage(hid_t properties, const std::string& path) {
  const auto layout = H5Pget_layout(properties);
  if (layout == H5D_VIRTUAL || layout < 0) refuse(path, "virtual storage is not accepted");
  if (H5Pget_external_count(properties) != 0) refuse(path, "external storage is not accepted");
}

void require_known_filters(hid_t properties, const std::string& path) {
  const int count = H5Pget_nfilters(properties);
  if (count < 0 || count > 3) refuse(path, "has " + std::to_string(count) + " filters");
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0;
    unsigned configuration = 0;
    std::size_t values = 0;
    const auto filter = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &values,
                                       nullptr, 0, nullptr, &configuration);
    if (filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_DEFLATE &&
        filter != H5Z_FILTER_FLETCHER32) {
      refuse(path, "filter " + std::to_string(filter) + " is not accepted");
    }
  }
}

/// Bounds what the library allocates for one chunk.
void require_small_chunks(hid_t properties, const std::string& path, const Shape& shape,
                          std::size_t element_size, std::uint64_t deepest) {
  if (H5Pget_layout(properties) != H5D_CHUNKED) return;
  std::vector<hsize_t> chunk(shape.size());
  const auto limit = chunk_of(shape, element_size, deepest);
  if (H5Pget_chunk(properties, static_cast<int>(chunk.size()), chunk.data()) !=
          static_cast<int>(chunk.size()) ||
      !std::equal(chunk.begin(), chunk.end(), limit.begin())) {
    refuse(path, "chunks are not " + to_text(limit));
  }
}

void require_type(hid_t dataset, Type type, std::size_t width, const std::string& path) {
  const Handle found{H5Dget_type(dataset), H5Tclose};
  const auto matches = [&] {
    switch (type) {
      case Type::u8:
        return H5Tequal(found.get(), H5T_STD_U8LE);
      case Type::u32:
        return H5Tequal(found.get(), H5T_STD_U32LE);
      case Type::u64:
        return H5Tequal(found.get(), H5T_STD_U64LE);
      case Type::i64:
        return H5Tequal(found.get(), H5T_STD_I64LE);
      case Type::f64:
        return H5Tequal(found.get(), H5T_IEEE_F64LE);
      case Type::text:
        break;
    }
    return static_cast<htri_t>(H5Tget_class(found.get()) == H5T_STRING &&
                               H5Tis_variable_str(found.get()) == 0 &&
                               H5Tget_size(found.get()) == width);
  };
  if (matches() <= 0) refuse(path, "is not of type " + name(type));
}

Shape shape_of(hid_t dataset, const std::string& path) {
  const Handle space{H5Dget_space(dataset), H5Sclose};
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0 || rank > 8) refuse(path, "has rank " + std::to_string(rank));
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr);
  return {extent.begin(), extent.end()};
}

Handle opened(hid_t file, const std::string& path) {
  require_hard_links(file, path);
  H5O_info_t info;
  if (H5Oget_info_by_name2(file, path.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ||
      info.type != H5O_TYPE_DATASET) {
    refuse(path, "is not a dataset");
  }
  const hid_t id = H5Dopen2(file, path.c_str(), H5P_DEFAULT);
  if (id < 0) refuse(path, "cannot be opened");
  return {id, H5Dclose};
}

Handle opened_attribute(hid_t object, const std::string& name) {
  if (H5Aexists(object, name.c_str()) <= 0) throw FormatError("attribute " + name + ": missing");
  Handle attribute{H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose};
  const Handle space{H5Aget_space(attribute.get()), H5Sclose};
  if (H5Sget_simple_extent_type(space.get()) != H5S_SCALAR) {
    throw FormatError("attribute " + name + ": not a scalar");
  }
  return attribute;
}

void read_scalar(hid_t object, const std::string& name, hid_t type, void* value) {
  const Handle attribute = opened_attribute(object, name);
  const Handle found{H5Aget_type(attribute.get()), H5Tclose};
  if (H5Tequal(found.get(), type) <= 0 || H5Aread(attribute.get(), type, value) < 0) {
    throw FormatError("attribute " + name + ": not of the expected type");
  }
}
}  // namespace

Handle open_dataset(hid_t file, const std::string& path, Type type, const Shape& shape,
                    std::size_t width, std::uint64_t deepest) {
  const auto lock = library_lock();
  Handle dataset = opened(file, path);
  const Handle properties{H5Dget_create_plist(dataset.get()), H5Pclose};
  require_plain_storage(properties.get(), path);
  require_known_filters(properties.get(), path);
  require_type(dataset.get(), type, width, path);
  const auto found = shape_of(dataset.get(), path);
  if (found != shape) {
    refuse(path, "has shape " + to_text(found) + ", expected " + to_text(shape));
  }
  require_small_chunks(properties.get(), path, shape, size_of(type, width), deepest);
  return dataset;
}

std::size_t text_width(hid_t file, const std::string& path, std::size_t max_width) {
  const auto lock = library_lock();
  const Handle dataset = opened(file, path);
  const Handle type{H5Dget_type(dataset.get()), H5Tclose};
  const auto width = H5Tget_size(type.get());
  if (width == 0 || width > max_width) {
    refuse(path, "has names of " + std::to_string(width) + " bytes, at most " +
                     std::to_string(max_width) + " are accepted");
  }
  return width;
}

std::string read_text_attribute(hid_t object, const std::string& name) {
  const auto lock = library_lock();
  const Handle attribute = opened_attribute(object, name);
  const Handle type{H5Aget_type(attribute.get()), H5Tclose};
  const auto size = H5Tget_size(type.get());
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) != 0 ||
      size > max_attribute_bytes) {
    throw FormatError("attribute " + name + ": not a short text");
  }
  std::string text(size, '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0) {
    throw FormatError("attribute " + name + ": cannot be read");
  }
  text.resize(std::min(text.find('\0'), size));
  return text;
}

std::uint64_t read_number_attribute(hid_t object, const std::string& name) {
  const auto lock = library_lock();
  std::uint64_t value = 0;
  read_scalar(object, name, H5T_STD_U64LE, &value);
  return value;
}

double read_real_attribute(hid_t object, const std::string& name) {
  const auto lock = library_lock();
  double value = 0.0;
  read_scalar(object, name, H5T_IEEE_F64LE, &value);
  return value;
}

namespace {
struct Walk {
  std::size_t limit;
  std::size_t seen = 0;
  std::string refusal;
  std::vector<std::string> paths;
};

herr_t visit(hid_t group, const char* name, const H5L_info_t* link, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  if (++walk.seen > walk.limit) walk.refusal = "more than " + std::to_string(walk.limit) + " links";
  if (link->type != H5L_TYPE_HARD) walk.refusal = std::string(name) + " is not a hard link";
  if (!walk.refusal.empty()) return 1;
  H5O_info_t info;
  if (H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) return -1;
  if (info.type == H5O_TYPE_DATASET) walk.paths.push_back(std::string("/").append(name));
  if (info.type != H5O_TYPE_DATASET && info.type != H5O_TYPE_GROUP) {
    walk.refusal = std::string(name) + " is neither a group nor a dataset";
  }
  return walk.refusal.empty() ? 0 : 1;
}
}  // namespace

std::vector<std::string> dataset_paths(hid_t file, std::size_t limit) {
  const auto lock = library_lock();
  Walk walk{limit, 0, {}, {}};
  if (H5Lvisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, visit, &walk) < 0) {
    throw FormatError("the file's groups cannot be listed");
  }
  if (!walk.refusal.empty()) throw FormatError(walk.refusal);
  std::sort(walk.paths.begin(), walk.paths.end());
  return walk.paths;
}

}  // namespace gridtally::archive::hdf5
