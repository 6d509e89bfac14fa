#include "audit/bytes/dataset_bytes.hpp"

#include <hdf5.h>

#include <stdexcept>

namespace gridtally::audit::testing {

namespace {

/// A dataset as plain bytes.
class Elements {
 public:
  Elements(hid_t file, const std::string& name)
      : dataset_(H5Dopen2(file, name.c_str(), H5P_DEFAULT)),
        space_(H5Dget_space(dataset_)),
        type_(H5Dget_type(dataset_)),
        bytes_(H5Tget_size(type_) *
               static_cast<std::size_t>(H5Sget_simple_extent_npoints(space_))) {
    if (!bytes_.empty() &&
        H5Dread(dataset_, type_, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes_.data()) < 0) {
      throw std::runtime_error("cannot read " + name);
    }
  }
  ~Elements() {
    H5Tclose(type_);
    H5Sclose(space_);
    H5Dclose(dataset_);
  }
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;

  std::vector<std::uint8_t>& bytes() { return bytes_; }
  void write() {
    if (H5Dwrite(dataset_, type_, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes_.data()) < 0) {
      throw std::runtime_error("cannot write a dataset");
    }
  }

 private:
  hid_t dataset_;
  hid_t space_;
  hid_t type_;
  std::vector<std::uint8_t> bytes_;
};

herr_t note(hid_t group, const char* name, const H5L_info_t*, void* names) {
  H5O_info_t info;
  if (H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) return -1;
  if (info.type == H5O_TYPE_DATASET) {
    static_cast<std::vector<std::string>*>(names)->push_back(std::string("/").append(name));
  }
  return 0;
}

hid_t open(const std::filesystem::path& path, unsigned how) {
  const hid_t file = H5Fopen(path.c_str(), how, H5P_DEFAULT);
  if (file < 0) throw std::runtime_error("cannot open " + path.string());
  return file;
}

}  // namespace

std::vector<DatasetByte> all_dataset_bytes(const std::filesystem::path& path) {
  const hid_t file = open(path, H5F_ACC_RDONLY);
  std::vector<std::string> names;
  H5Lvisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, note, &names);
  std::vector<DatasetByte> all;
  for (const auto& name : names) {
    const auto size = Elements(file, name).bytes().size();
    for (std::size_t at = 0; at < size; ++at) all.push_back({name, at});
  }
  H5Fclose(file);
  return all;
}

void flip_dataset_byte(const std::filesystem::path& path, const DatasetByte& byte,
                       std::uint8_t mask) {
  const hid_t file = open(path, H5F_ACC_RDWR);
  {
    Elements elements(file, byte.dataset);
    elements.bytes().at(byte.at) ^= mask;
    elements.write();
  }
  if (H5Fclose(file) < 0) throw std::runtime_error("cannot close " + path.string());
}

}  // namespace gridtally::audit::testing
