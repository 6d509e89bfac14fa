#include <gtest/gtest.h>

#include "archive/hdf5.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

using testing::TestFolder;

namespace {
/// Why `path` of the file is refused when four doubles are expected; empty when it is not.
std::string refusal(const std::filesystem::path& file_path, const std::string& path = "/x") {
  const auto file = open_file(file_path);
  try {
    open_dataset(file.get(), path, Type::f64, {4});
    return "";
  } catch (const FormatError& error) {
    return error.what();
  }
}

void write_good(const std::filesystem::path& path) {
  const auto file = create_file(path);
  const auto dataset = create_dataset(file.get(), "/x", Type::f64, {4});
  const std::vector<double> values{1, 2, 3, 4};
  write_rows(dataset.get(), Type::f64, {4}, 0, 4, values.data());
}

/// A dataset of four doubles with a creation property set by `change`.
template <typename Change>
void write_with(const std::filesystem::path& path, Change change) {
  const auto file = create_file(path);
  const hsize_t extent = 4;
  const Handle space{H5Screate_simple(1, &extent, nullptr), H5Sclose};
  const Handle properties{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
  change(properties.get(), space.get());
  const Handle dataset{H5Dcreate2(file.get(), "/x", H5T_IEEE_F64LE, space.get(), H5P_DEFAULT,
                                  properties.get(), H5P_DEFAULT),
                       H5Dclose};
  ASSERT_GE(dataset.get(), 0);
}
}  // namespace

TEST(Hdf5, ReadsRowsBack) {
  const TestFolder folder;
  write_good(folder / "f.h5");
  const auto file = open_file(folder / "f.h5");
  const auto dataset = open_dataset(file.get(), "/x", Type::f64, {4});
  std::vector<double> values(2);
  read_rows(dataset.get(), Type::f64, {4}, 1, 2, values.data());
  EXPECT_EQ(values, (std::vector<double>{2, 3}));
}

TEST(Hdf5, WrongShapeTypeOrNameIsRefused) {
  const TestFolder folder;
  write_good(folder / "f.h5");
  const auto file = open_file(folder / "f.h5");
  EXPECT_THROW(open_dataset(file.get(), "/x", Type::f64, {5}), FormatError);
  EXPECT_THROW(open_dataset(file.get(), "/x", Type::f64, {2, 2}), FormatError);
  EXPECT_THROW(open_dataset(file.get(), "/x", Type::i64, {4}), FormatError);
  EXPECT_THROW(open_dataset(file.get(), "/y", Type::f64, {4}), FormatError);
}

TEST(Hdf5, SoftAndExternalLinksAreRefused) {
  const TestFolder folder;
  write_good(folder / "f.h5");
  {
    const auto file = create_file(folder / "g.h5");
    H5Lcreate_soft("/elsewhere", file.get(), "/x", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("f.h5", "/x", file.get(), "/e", H5P_DEFAULT, H5P_DEFAULT);
  }
  EXPECT_NE(refusal(folder / "g.h5").find("link"), std::string::npos);
  EXPECT_NE(refusal(folder / "g.h5", "/e").find("link"), std::string::npos);
  const auto file = open_file(folder / "g.h5");
  EXPECT_THROW(dataset_paths(file.get(), 10), FormatError);
}

TEST(Hdf5, ExternalStorageIsRefused) {
  const TestFolder folder;
  write_with(folder / "f.h5",
             [](hid_t properties, hid_t) { H5Pset_external(properties, "/etc/hostname", 0, 32); });
  EXPECT_NE(refusal(folder / "f.h5").find("external storage"), std::string::npos);
}

TEST(Hdf5, VirtualDatasetIsRefused) {
  const TestFolder folder;
  write_good(folder / "source.h5");
  write_with(folder / "f.h5", [](hid_t properties, hid_t space) {
    H5Pset_virtual(properties, space, "source.h5", "/x", space);
  });
  EXPECT_NE(refusal(folder / "f.h5").find("virtual"), std::string::npos);
}

TEST(Hdf5, UnknownFilterAndOtherChunksAreRefused) {
  const TestFolder folder;
  const hsize_t chunk = 4;
  write_with(folder / "f.h5", [&](hid_t properties, hid_t) {
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_scaleoffset(properties, H5Z_SO_FLOAT_DSCALE, 2);
  });
  EXPECT_NE(refusal(folder / "f.h5").find("filter"), std::string::npos);
  const hsize_t small = 1;
  write_with(folder / "g.h5",
             [&](hid_t properties, hid_t) { H5Pset_chunk(properties, 1, &small); });
  EXPECT_NE(refusal(folder / "g.h5").find("chunks"), std::string::npos);
}

TEST(Hdf5, FileThatIsNotHdf5IsRefused) {
  const TestFolder folder;
  testing::overwrite(folder / "f.h5", {1, 2, 3});
  EXPECT_THROW(open_file(folder / "f.h5"), FormatError);
}

TEST(Hdf5, DamagedChunkIsRefusedByItsChecksum) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    const auto dataset = create_dataset(file.get(), "/x", Type::u8, {4});
    const std::vector<std::uint8_t> values{201, 17, 94, 140};
    write_rows(dataset.get(), Type::u8, {4}, 0, 4, values.data());
  }
  const auto bytes = testing::contents(folder / "f.h5");
  haddr_t start = 0;
  hsize_t size = 0;
  {
    const auto file = open_file(folder / "f.h5");
    const auto dataset = open_dataset(file.get(), "/x", Type::u8, {4});
    const Handle space{H5Dget_space(dataset.get()), H5Sclose};
    hsize_t offset = 0;
    unsigned mask = 0;
    H5Dget_chunk_info(dataset.get(), space.get(), 0, &offset, &mask, &start, &size);
  }
  ASSERT_GT(size, 4U);
  std::size_t damaged = 0;
  for (auto at = start; at < start + size; ++at) {
    testing::flip(folder / "f.h5", at, bytes[at]);
    try {
      const auto file = open_file(folder / "f.h5");
      const auto dataset = open_dataset(file.get(), "/x", Type::u8, {4});
      std::vector<std::uint8_t> values(4);
      read_rows(dataset.get(), Type::u8, {4}, 0, 4, values.data());
      EXPECT_EQ(values, (std::vector<std::uint8_t>{201, 17, 94, 140}));
    } catch (const FormatError&) {
      ++damaged;
    }
    testing::flip(folder / "f.h5", at, bytes[at] ^ 0x10);
  }
  EXPECT_EQ(damaged, size);
}

TEST(Hdf5, ChunksStayWithinTheirBound) {
  EXPECT_EQ(chunk_of({1000, 10, 24}, 8), (Shape{136, 10, 24}));
  EXPECT_EQ(chunk_of({5, 999000, 24}, 8), (Shape{1, 1365, 24}));
}

}  // namespace gridtally::archive::hdf5
