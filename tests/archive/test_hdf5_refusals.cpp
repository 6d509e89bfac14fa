#include <gtest/gtest.h>

#include "archive/hdf5.hpp"
#include "archive/hdf5_reader.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

// Every feature of HDF5 that could lead a reader out of the file, run code or swell: made by the
// HDF5 library, refused by its name.
namespace gridtally::archive::hdf5 {

namespace {
const hsize_t four = 4;

/// What reading four doubles at `path` is refused with; empty when it is not.
std::string refusal(const std::filesystem::path& file, const std::string& path = "/x") {
  try {
    const Reader reader{Input(file)};
    auto dataset = reader.dataset(path, Type::f64, {4});
    std::vector<std::uint8_t> found(32);
    dataset.read_rows(0, 4, 0, found);
    return "";
  } catch (const FormatError& error) {
    return error.what();
  }
}

#define EXPECT_REFUSED(file, words) \
  EXPECT_NE(refusal(file).find(words), std::string::npos) << refusal(file)

Handle four_doubles() { return {H5Screate_simple(1, &four, nullptr), H5Sclose}; }

void write_values(hid_t dataset) {
  const std::vector<double> values{1, 2, 3, 4};
  ASSERT_GE(H5Dwrite(dataset, H5T_IEEE_F64LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
}

/// The dataset that a reader expects.
void add_good(hid_t file, const std::string& path = "/x") {
  write_values(create_dataset(file, path, Type::f64, {4}).get());
}

void write_good(const std::filesystem::path& path) { add_good(create_file(path).get()); }

/// What the three filters of ours are set by.
void use_filters(hid_t properties) {
  H5Pset_chunk(properties, 1, &four);
  H5Pset_shuffle(properties);
  H5Pset_deflate(properties, 4);
  H5Pset_fletcher32(properties);
}

/// A dataset of four doubles with creation properties set by `change`.
template <typename Change>
void write_with(const std::filesystem::path& path, Change change) {
  const auto file = create_file(path);
  const auto space = four_doubles();
  const Handle properties{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
  change(properties.get(), space.get());
  const Handle dataset{H5Dcreate2(file.get(), "/x", H5T_IEEE_F64LE, space.get(), H5P_DEFAULT,
                                  properties.get(), H5P_DEFAULT),
                       H5Dclose};
  ASSERT_GE(dataset.get(), 0);
  if (H5Pget_layout(properties.get()) == H5D_CHUNKED) write_values(dataset.get());
}

/// A dataset of four elements of a type of the library's.
void write_type(const std::filesystem::path& path, hid_t type) {
  const auto file = create_file(path);
  const auto space = four_doubles();
  const Handle properties{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
  H5Pset_chunk(properties.get(), 1, &four);
  const Handle dataset{
      H5Dcreate2(file.get(), "/x", type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
      H5Dclose};
  ASSERT_GE(dataset.get(), 0);
}

/// Passes bytes on as they are: stands for a plug-in's filter.
std::size_t pass_on(unsigned, std::size_t, const unsigned*, std::size_t bytes, std::size_t*,
                    void**) {
  return bytes;
}
const H5Z_class2_t plug_in{H5Z_CLASS_T_VERS, 32004, 1, 1, "lz4", nullptr, nullptr, pass_on};
}  // namespace

TEST(Hdf5Refusals, NothingIsRefusedOfAGoodFile) {
  const TestFolder folder;
  write_good(folder / "f.h5");
  EXPECT_EQ(refusal(folder / "f.h5"), "");
  write_with(folder / "g.h5", [](hid_t properties, hid_t) { use_filters(properties); });
  EXPECT_EQ(refusal(folder / "g.h5"), "");
}

TEST(Hdf5Refusals, SoftLink) {
  const TestFolder folder;
  const auto write = [&](const char* name, const char* target) {
    const auto file = create_file(folder / name);
    add_good(file.get());
    H5Lcreate_soft(target, file.get(), "/y", H5P_DEFAULT, H5P_DEFAULT);
  };
  write("f.h5", "/x");
  write("g.h5", "/nowhere");
  EXPECT_REFUSED(folder / "f.h5", "y is a soft link");
  EXPECT_REFUSED(folder / "g.h5", "y is a soft link");
}

TEST(Hdf5Refusals, ExternalLink) {
  const TestFolder folder;
  write_good(folder / "f.h5");
  for (const int others : {0, 20}) {
    const auto path = folder / ("g" + std::to_string(others));
    {
      const auto file = create_file(path);
      for (int i = 0; i < others; ++i) add_good(file.get(), "/y" + std::to_string(i));
      H5Lcreate_external("f.h5", "/x", file.get(), "/x", H5P_DEFAULT, H5P_DEFAULT);
    }
    EXPECT_REFUSED(path, "external link");
  }
}

TEST(Hdf5Refusals, TwoNamesForOneObject) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    add_good(file.get());
    H5Lcreate_hard(file.get(), "/x", file.get(), "/y", H5P_DEFAULT, H5P_DEFAULT);
  }
  EXPECT_REFUSED(folder / "f.h5", "reached in two ways");
}

TEST(Hdf5Refusals, GroupThatHoldsItself) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    add_good(file.get(), "/g/x");
    H5Lcreate_hard(file.get(), "/g", file.get(), "/g/again", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file.get(), "/", file.get(), "/g/root", H5P_DEFAULT, H5P_DEFAULT);
  }
  EXPECT_REFUSED(folder / "f.h5", "in a circle");
}

TEST(Hdf5Refusals, GroupsTooDeep) {
  const TestFolder folder;
  add_good(create_file(folder / "f.h5").get(), "/a/b/c/d/e/x");
  EXPECT_REFUSED(folder / "f.h5", "groups in groups");
}

TEST(Hdf5Refusals, MoreObjectsThanAccepted) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    for (int i = 0; i < 1100; ++i) {
      create_dataset(file.get(), "/y" + std::to_string(i), Type::u8, {0});
    }
  }
  EXPECT_REFUSED(folder / "f.h5", "1024");
}

TEST(Hdf5Refusals, ExternalStorage) {
  const TestFolder folder;
  write_with(folder / "f.h5",
             [](hid_t properties, hid_t) { H5Pset_external(properties, "/etc/hostname", 0, 32); });
  EXPECT_REFUSED(folder / "f.h5", "external storage");
}

TEST(Hdf5Refusals, VirtualDataset) {
  const TestFolder folder;
  write_good(folder / "source.h5");
  write_with(folder / "f.h5", [](hid_t properties, hid_t space) {
    H5Pset_virtual(properties, space, "source.h5", "/x", space);
  });
  EXPECT_REFUSED(folder / "f.h5", "virtual dataset");
}

TEST(Hdf5Refusals, CompactAndContiguousStorage) {
  const TestFolder folder;
  write_with(folder / "f.h5",
             [](hid_t properties, hid_t) { H5Pset_layout(properties, H5D_COMPACT); });
  EXPECT_REFUSED(folder / "f.h5", "compact");
  write_with(folder / "g.h5", [](hid_t, hid_t) {});
  EXPECT_REFUSED(folder / "g.h5", "not stored in chunks");
}

TEST(Hdf5Refusals, FilterOfAPlugIn) {
  const TestFolder folder;
  ASSERT_GE(H5Zregister(&plug_in), 0);
  write_with(folder / "f.h5", [](hid_t properties, hid_t) {
    H5Pset_chunk(properties, 1, &four);
    H5Pset_filter(properties, 32004, H5Z_FLAG_MANDATORY, 0, nullptr);
  });
  EXPECT_REFUSED(folder / "f.h5", "filter 32004 is not accepted");
}

TEST(Hdf5Refusals, OtherFiltersOrAnotherOrder) {
  const TestFolder folder;
  write_with(folder / "f.h5", [](hid_t properties, hid_t) {
    H5Pset_chunk(properties, 1, &four);
    H5Pset_scaleoffset(properties, H5Z_SO_FLOAT_DSCALE, 2);
  });
  EXPECT_REFUSED(folder / "f.h5", "filter 6 is not accepted");
  write_with(folder / "g.h5", [](hid_t properties, hid_t) { H5Pset_chunk(properties, 1, &four); });
  EXPECT_REFUSED(folder / "g.h5", "filters are not");
  write_with(folder / "h.h5", [](hid_t properties, hid_t) {
    H5Pset_chunk(properties, 1, &four);
    H5Pset_deflate(properties, 4);
    H5Pset_shuffle(properties);
    H5Pset_fletcher32(properties);
  });
  EXPECT_REFUSED(folder / "h.h5", "filters are not");
}

TEST(Hdf5Refusals, OtherChunks) {
  const TestFolder folder;
  write_with(folder / "f.h5", [](hid_t properties, hid_t) {
    const hsize_t one = 1;
    use_filters(properties);
    H5Pset_chunk(properties, 1, &one);
  });
  EXPECT_REFUSED(folder / "f.h5", "chunks are not (4)");
}

TEST(Hdf5Refusals, DatasetThatMayGrow) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    const hsize_t any = H5S_UNLIMITED;
    const Handle space{H5Screate_simple(1, &four, &any), H5Sclose};
    const Handle properties{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
    use_filters(properties.get());
    const Handle dataset{H5Dcreate2(file.get(), "/x", H5T_IEEE_F64LE, space.get(), H5P_DEFAULT,
                                    properties.get(), H5P_DEFAULT),
                         H5Dclose};
  }
  EXPECT_REFUSED(folder / "f.h5", "may grow");
}

TEST(Hdf5Refusals, TypesOfOthers) {
  const TestFolder folder;
  const Handle sequence{H5Tvlen_create(H5T_IEEE_F64LE), H5Tclose};
  write_type(folder / "a.h5", sequence.get());
  EXPECT_REFUSED(folder / "a.h5", "variable-length type");
  const Handle text{H5Tcopy(H5T_C_S1), H5Tclose};
  H5Tset_size(text.get(), H5T_VARIABLE);
  write_type(folder / "b.h5", text.get());
  EXPECT_REFUSED(folder / "b.h5", "variable-length type");
  const Handle compound{H5Tcreate(H5T_COMPOUND, 8), H5Tclose};
  H5Tinsert(compound.get(), "a", 0, H5T_IEEE_F64LE);
  write_type(folder / "c.h5", compound.get());
  EXPECT_REFUSED(folder / "c.h5", "compound");
  const Handle array{H5Tarray_create2(H5T_STD_U8LE, 1, &four), H5Tclose};
  write_type(folder / "d.h5", array.get());
  EXPECT_REFUSED(folder / "d.h5", "array type");
  const Handle opaque{H5Tcreate(H5T_OPAQUE, 8), H5Tclose};
  write_type(folder / "e.h5", opaque.get());
  EXPECT_REFUSED(folder / "e.h5", "opaque");
  const Handle choice{H5Tenum_create(H5T_STD_U8LE), H5Tclose};
  const std::uint8_t zero = 0;
  H5Tenum_insert(choice.get(), "zero", &zero);
  write_type(folder / "f.h5", choice.get());
  EXPECT_REFUSED(folder / "f.h5", "enumeration");
  write_type(folder / "g.h5", H5T_STD_REF_OBJ);
  EXPECT_REFUSED(folder / "g.h5", "reference");
}

TEST(Hdf5Refusals, OtherNumbers) {
  const TestFolder folder;
  int count = 0;
  for (const hid_t type : {H5T_IEEE_F64BE, H5T_IEEE_F32LE, H5T_STD_U64BE, H5T_STD_I32LE,
                           H5T_STD_U16LE, H5T_STD_I8LE, H5T_STD_U32BE}) {
    const auto path = folder / std::to_string(count++);
    write_type(path, type);
    EXPECT_REFUSED(path, "little-endian");
  }
}

TEST(Hdf5Refusals, NamedTypeAndItsUse) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    const Handle type{H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
    H5Tcommit2(file.get(), "/t", type.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  }
  EXPECT_REFUSED(folder / "f.h5", "named (user-defined) type");
  {
    const auto file = create_file(folder / "g.h5");
    const Handle type{H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
    H5Tcommit_anon(file.get(), type.get(), H5P_DEFAULT, H5P_DEFAULT);
    const auto space = four_doubles();
    const Handle dataset{H5Dcreate2(file.get(), "/x", type.get(), space.get(), H5P_DEFAULT,
                                    H5P_DEFAULT, H5P_DEFAULT),
                         H5Dclose};
    write_values(dataset.get());
  }
  EXPECT_REFUSED(folder / "g.h5", "shared message");
}

TEST(Hdf5Refusals, NewerStructures) {
  const TestFolder folder;
  for (const auto oldest : {H5F_LIBVER_V18, H5F_LIBVER_V110}) {
    const auto path = folder / std::to_string(static_cast<int>(oldest));
    const Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
    H5Pset_libver_bounds(access.get(), oldest, H5F_LIBVER_LATEST);
    {
      const Handle file{H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()),
                        H5Fclose};
      add_good(file.get());
    }
    EXPECT_REFUSED(path, "superblock: version");
  }
}

TEST(Hdf5Refusals, UserBlockAndSharedMessages) {
  const TestFolder folder;
  const auto write = [&](const char* name, const auto& change) {
    const Handle properties{H5Pcreate(H5P_FILE_CREATE), H5Pclose};
    change(properties.get());
    const Handle file{
        H5Fcreate((folder / name).c_str(), H5F_ACC_TRUNC, properties.get(), H5P_DEFAULT), H5Fclose};
    add_good(file.get());
  };
  write("f.h5", [](hid_t properties) { H5Pset_userblock(properties, 512); });
  EXPECT_REFUSED(folder / "f.h5", "not an HDF5 file");
  write("g.h5", [](hid_t properties) {
    H5Pset_shared_mesg_nindexes(properties, 1);
    H5Pset_shared_mesg_index(properties, 0, H5O_SHMESG_ALL_FLAG, 1);
  });
  EXPECT_REFUSED(folder / "g.h5", "superblock: version");
}

TEST(Hdf5Refusals, FileOfAnotherKind) {
  const TestFolder folder;
  testing::overwrite(folder / "f.h5", {1, 2, 3});
  EXPECT_REFUSED(folder / "f.h5", "not an HDF5 file");
  testing::overwrite(folder / "g.h5", {});
  EXPECT_REFUSED(folder / "g.h5", "not an HDF5 file");
  testing::overwrite(folder / "h.h5", std::vector<std::uint8_t>(5000, 0x89));
  EXPECT_REFUSED(folder / "h.h5", "not an HDF5 file");
}

}  // namespace gridtally::archive::hdf5
