#include <gtest/gtest.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <random>

#include "archive/hdf5.hpp"
#include "archive/hdf5_reader.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

// The HDF5 library writes, ours reads.
namespace gridtally::archive::hdf5 {

namespace {
using Bytes = std::vector<std::uint8_t>;

/// Random bytes, some of them in long runs, so that chunks compress in different ways.
Bytes random_bytes(std::mt19937_64& draw, std::uint64_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    const bool run = i % 512 < 200;
    bytes[i] = static_cast<std::uint8_t>(run ? i / 512 : draw());
  }
  return bytes;
}

struct Sample {
  std::string path;
  Type type;
  Shape shape;
  std::size_t width = 1;
  std::uint64_t deepest = any_depth;
  Bytes bytes{};
};

void write_sample(hid_t file, Sample& sample, std::mt19937_64& draw) {
  sample.bytes = random_bytes(draw, product(sample.shape) * size_of(sample.type, sample.width));
  auto dataset =
      create_dataset(file, sample.path, sample.type, sample.shape, sample.width, sample.deepest);
  const auto rows = sample.shape.empty() ? 1 : sample.shape[0];
  dataset.write_rows(0, rows, sample.bytes.data());
  write_attribute(dataset.get(), "units", "unit of " + sample.path);
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  const std::vector<Type> types{Type::u8, Type::u32, Type::u64, Type::i64, Type::f64, Type::text};
  const std::vector<Shape> shapes{{},        {0},         {0, 32},       {7, 0, 3},     {1},
                                  {5},       {3, 4},      {300'001},     {2000, 3, 64}, {3, 70'000},
                                  {2, 5, 7}, {31, 9, 24}, {3, 2, 40'000}};
  for (const auto type : types) {
    for (const auto& shape : shapes) {
      const auto path = "/" + name(type) + "/x" + std::to_string(all.size());
      all.push_back({path, type, shape, type == Type::text ? std::size_t{11} : 1});
    }
  }
  all.push_back({"/deep", Type::u64, {500, 24, 30}, 1, 8});
  all.push_back({"/deeper", Type::u64, {3, 2, 1001}, 1, 8});
  return all;
}

/// Rows [first, first + count) along `axis` out of all bytes, by the obvious loop.
Bytes rows_of(const Sample& sample, std::uint64_t first, std::uint64_t count, std::size_t axis) {
  const auto size = size_of(sample.type, sample.width);
  const auto inner = product(sample.shape, axis + 1) * size;
  const auto outer =
      product(sample.shape) * size / std::max<std::uint64_t>(1, inner * sample.shape[axis]);
  Bytes rows;
  for (std::uint64_t i = 0; i < outer; ++i) {
    const auto* from = sample.bytes.data() + (i * sample.shape[axis] + first) * inner;
    rows.insert(rows.end(), from, from + count * inner);
  }
  return rows;
}

Bytes read(Dataset& dataset, const Sample& sample, std::uint64_t first, std::uint64_t count,
           std::size_t axis) {
  Bytes out(rows_of(sample, first, count, axis).size());
  dataset.read_rows(first, count, axis, out);
  return out;
}

void write_all(const std::filesystem::path& path, std::vector<Sample>& all) {
  std::mt19937_64 draw(20);
  const auto file = create_file(path);
  for (auto& sample : all) write_sample(file.get(), sample, draw);
}

void write_good(const std::filesystem::path& path) {
  const auto file = create_file(path);
  auto dataset = create_dataset(file.get(), "/x", Type::f64, {4});
  const std::vector<double> values{1, 2, 3, 4};
  dataset.write_rows(0, 4, values.data());
}
}  // namespace

TEST(Hdf5Reader, GivesBackWhatTheLibraryWroteOfEveryTypeAndShape) {
  const TestFolder folder;
  auto all = samples();
  write_all(folder / "f.h5", all);
  const Reader file{Input(folder / "f.h5")};
  EXPECT_EQ(file.paths().size(), all.size());
  for (const auto& sample : all) {
    auto dataset =
        file.dataset(sample.path, sample.type, sample.shape, sample.width, sample.deepest);
    Bytes found(sample.bytes.size());
    dataset.read_rows(0, sample.shape.empty() ? 1 : sample.shape[0], 0, found);
    EXPECT_TRUE(found == sample.bytes) << sample.path << " " << to_text(sample.shape);
    EXPECT_EQ(file.text(sample.path, "units"), "unit of " + sample.path);
  }
}

TEST(Hdf5Reader, GivesRowsAlongAnyAxisFromAnyPlace) {
  const TestFolder folder;
  auto all = samples();
  write_all(folder / "f.h5", all);
  const Reader file{Input(folder / "f.h5")};
  std::mt19937_64 draw(21);
  std::size_t compared = 0;
  for (const auto& sample : all) {
    if (sample.shape.empty() || product(sample.shape) == 0) continue;
    auto dataset =
        file.dataset(sample.path, sample.type, sample.shape, sample.width, sample.deepest);
    for (int i = 0; i < 6; ++i, ++compared) {
      const auto axis = draw() % sample.shape.size();
      const auto first = draw() % sample.shape[axis];
      const auto count = 1 + draw() % (sample.shape[axis] - first);
      EXPECT_TRUE(read(dataset, sample, first, count, axis) == rows_of(sample, first, count, axis))
          << sample.path << " axis " << axis << " from " << first << ", " << count << " rows";
    }
  }
  EXPECT_GT(compared, 300U);
}

TEST(Hdf5Reader, GivesAttributesOfTheFile) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    write_attribute(file.get(), "text", std::string("gridtally"));
    write_attribute(file.get(), "none", std::string());
    write_attribute(file.get(), "number", ~std::uint64_t{0} - 1);
    write_attribute(file.get(), "real", -0.1);
    for (std::uint64_t i = 0; i < 60; ++i) {
      write_attribute(file.get(), "n" + std::to_string(i), i);
    }
  }
  const Reader file{Input(folder / "f.h5")};
  EXPECT_EQ(file.text("text"), "gridtally");
  EXPECT_EQ(file.text("none"), "");
  EXPECT_EQ(file.number("number"), ~std::uint64_t{0} - 1);
  EXPECT_EQ(file.real("real"), -0.1);
  for (std::uint64_t i = 0; i < 60; ++i) EXPECT_EQ(file.number("n" + std::to_string(i)), i);
  EXPECT_THROW((void)file.number("text"), FormatError);
  EXPECT_THROW((void)file.text("real"), FormatError);
  EXPECT_THROW((void)file.real("number"), FormatError);
  EXPECT_THROW((void)file.text("absent"), FormatError);
}

TEST(Hdf5Reader, ReadsDatasetsWhoseScalesManyOthersUse) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    auto scale = create_dataset(file.get(), "/slot", Type::u32, {4});
    const std::vector<std::uint32_t> slots{0, 1, 2, 3};
    scale.write_rows(0, 4, slots.data());
    make_scale(scale.get(), "slot");
    std::vector<NewDataset> datasets;
    std::vector<Scaled> scaled;
    for (int i = 0; i < 200; ++i) {
      const auto path = "/x/" + std::to_string(i);
      datasets.push_back(create_dataset(file.get(), path, Type::u32, {4}));
      datasets.back().write_rows(0, 4, slots.data());
      scaled.push_back({datasets.back().get(), {scale.get()}});
    }
    attach_scales(scaled);
    for (const auto& dataset : datasets) {
      EXPECT_EQ(H5DSget_num_scales(dataset.get(), 0), 1);
      EXPECT_GT(H5DSis_attached(dataset.get(), scale.get(), 0), 0);
    }
  }
  const Reader file{Input(folder / "f.h5")};
  EXPECT_EQ(file.paths().size(), 201U);
  auto dataset = file.dataset("/x/199", Type::u32, {4});
  Bytes found(16);
  dataset.read_rows(0, 4, 0, found);
  EXPECT_EQ(found, (Bytes{0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}));
}

TEST(Hdf5Reader, EachAxisIsLinkedToItsScale) {
  const TestFolder folder;
  const auto file = create_file(folder / "f.h5");
  const auto row = create_dataset(file.get(), "/row", Type::u32, {4});
  const auto slot = create_dataset(file.get(), "/slot", Type::u32, {4});
  make_scale(row.get(), "row");
  make_scale(slot.get(), "slot");
  const auto table = create_dataset(file.get(), "/table", Type::f64, {4, 4});
  const auto pairs = create_dataset(file.get(), "/pairs", Type::f64, {4, 4, 4});
  attach_scales(
      {{table.get(), {row.get(), slot.get()}}, {pairs.get(), {row.get(), row.get(), slot.get()}}});
  const auto links = [](const NewDataset& dataset, const NewDataset& scale) {
    std::vector<bool> found;
    const Handle space{H5Dget_space(dataset.get()), H5Sclose};
    for (int axis = 0; axis < H5Sget_simple_extent_ndims(space.get()); ++axis) {
      const auto at = static_cast<unsigned>(axis);
      EXPECT_EQ(H5DSget_num_scales(dataset.get(), at), 1);
      found.push_back(H5DSis_attached(dataset.get(), scale.get(), at) > 0);
    }
    return found;
  };
  EXPECT_EQ(links(table, row), (std::vector<bool>{true, false}));
  EXPECT_EQ(links(table, slot), (std::vector<bool>{false, true}));
  EXPECT_EQ(links(pairs, row), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(links(pairs, slot), (std::vector<bool>{false, false, true}));
}

TEST(Hdf5Reader, WrongShapeTypeOrNameIsRefused) {
  const TestFolder folder;
  write_good(folder / "f.h5");
  const Reader file{Input(folder / "f.h5")};
  EXPECT_NO_THROW((void)file.dataset("/x", Type::f64, {4}));
  EXPECT_THROW((void)file.dataset("/x", Type::f64, {5}), FormatError);
  EXPECT_THROW((void)file.dataset("/x", Type::f64, {2, 2}), FormatError);
  EXPECT_THROW((void)file.dataset("/x", Type::i64, {4}), FormatError);
  EXPECT_THROW((void)file.dataset("/y", Type::f64, {4}), FormatError);
  EXPECT_THROW((void)file.text_width("/x", 100), FormatError);
}

TEST(Hdf5Reader, DatasetOfWhichAChunkWasNeverWrittenIsRefused) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    auto dataset = create_dataset(file.get(), "/x", Type::u8, {300'000});
    const Bytes half(262'144);
    dataset.write_rows(0, half.size(), half.data());
    create_dataset(file.get(), "/y", Type::u8, {3});
  }
  const Reader file{Input(folder / "f.h5")};
  EXPECT_THROW((void)file.dataset("/x", Type::u8, {300'000}), FormatError);
  EXPECT_THROW((void)file.dataset("/y", Type::u8, {3}), FormatError);
}

TEST(Hdf5Reader, DamagedChunkIsRefusedByItsChecksum) {
  const TestFolder folder;
  {
    const auto file = create_file(folder / "f.h5");
    auto dataset = create_dataset(file.get(), "/x", Type::u8, {4});
    const Bytes values{201, 17, 94, 140};
    dataset.write_rows(0, 4, values.data());
  }
  const auto bytes = testing::contents(folder / "f.h5");
  haddr_t start = 0;
  hsize_t size = 0;
  {
    const Handle file{H5Fopen((folder / "f.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
    const Handle dataset{H5Dopen2(file.get(), "/x", H5P_DEFAULT), H5Dclose};
    const Handle space{H5Dget_space(dataset.get()), H5Sclose};
    hsize_t offset = 0;
    unsigned mask = 0;
    H5Dget_chunk_info(dataset.get(), space.get(), 0, &offset, &mask, &start, &size);
  }
  ASSERT_GT(size, 4U);
  std::size_t damaged = 0;
  for (auto i = start; i < start + size; ++i) {
    testing::flip(folder / "f.h5", i, bytes[i]);
    auto dataset = Reader(Input(folder / "f.h5")).dataset("/x", Type::u8, {4});
    Bytes found(4);
    try {
      dataset.read_rows(0, 4, 0, found);
    } catch (const FormatError& error) {
      damaged += std::string(error.what()).find("dataset /x") != std::string::npos ? 1 : 0;
    }
    testing::flip(folder / "f.h5", i, bytes[i] ^ 0x10);
  }
  EXPECT_EQ(damaged, size);
}

TEST(Hdf5Types, ChunksStayWithinTheirBound) {
  EXPECT_EQ(chunk_of({1000, 10, 24}, 8), (Shape{136, 10, 24}));
  EXPECT_EQ(chunk_of({5, 999000, 24}, 8), (Shape{1, 1365, 24}));
}

}  // namespace gridtally::archive::hdf5
