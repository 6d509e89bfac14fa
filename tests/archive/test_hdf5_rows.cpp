#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <random>

#include "archive/hdf5.hpp"
#include "archive/hdf5_rows.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive::hdf5 {
namespace {

struct Sample {
  Type type;
  Shape shape;
  std::uint64_t deepest = any_depth;
  std::size_t axis = 0;
  std::size_t width = 1;
};

const std::vector<Sample> samples{
    {Type::f64, {5}},
    {Type::u8, {300'001}},
    {Type::u32, {2000, 3, 64}},
    {Type::f64, {3, 70'000}},
    {Type::u64, {500, 24, 30}, 8, 2},  // as decisions: edges along the first and the last axis
    {Type::u64, {3, 2, 1001}, 8, 2},
    {Type::text, {4, 9}, any_depth, 0, 11},
};

/// As numbers are: neighbours differ little.
ledger::Bytes some_bytes(const Sample& sample, std::mt19937_64& draw) {
  ledger::Bytes bytes(product(sample.shape) * size_of(sample.type, sample.width));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i % 8 < 2 ? draw() : i / 4096);
  }
  return bytes;
}

/// Elements of rows [first, first + count) along an axis, in order.
ledger::Bytes rows_of(const Sample& sample, const ledger::Bytes& all, std::uint64_t first,
                      std::uint64_t count) {
  const auto inner = product(sample.shape, sample.axis + 1) * size_of(sample.type, sample.width);
  const auto stride = sample.shape[sample.axis] * inner;
  ledger::Bytes rows;
  for (std::uint64_t at = first * inner; at < all.size(); at += stride) {
    rows.insert(rows.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                all.begin() + static_cast<std::ptrdiff_t>(at + count * inner));
  }
  return rows;
}

NewDataset dataset_of(hid_t file, const Sample& sample) {
  return create_dataset(file, "/x", sample.type, sample.shape, sample.width, sample.deepest);
}

/// By the library's own way, in one piece.
void write_by_the_library(hid_t dataset, const ledger::Bytes& bytes) {
  const Handle type{H5Dget_type(dataset), H5Tclose};
  ASSERT_GE(H5Dwrite(dataset, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), 0);
}

/// Everything, with checksums compared.
ledger::Bytes read_by_the_library(const std::filesystem::path& path, std::size_t size) {
  const Handle file{H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
  const Handle dataset{H5Dopen2(file.get(), "/x", H5P_DEFAULT), H5Dclose};
  const Handle type{H5Dget_type(dataset.get()), H5Tclose};
  ledger::Bytes bytes(size);
  EXPECT_GE(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), 0);
  return bytes;
}

/// What zlib makes of a stored chunk of `size` bytes without its checksum.
ledger::Bytes inflated(const ledger::Bytes& stored, std::size_t size) {
  ledger::Bytes bytes(size);
  uLongf inflated = size;
  EXPECT_EQ(uncompress(bytes.data(), &inflated, stored.data(), stored.size() - 4), Z_OK);
  EXPECT_EQ(inflated, size);
  return bytes;
}

/// Every chunk under deflate.
std::vector<ledger::Bytes> shuffled_chunks(const std::filesystem::path& path,
                                           const Sample& sample) {
  const auto& shape = sample.shape;
  const Handle file{H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
  const Handle dataset{H5Dopen2(file.get(), "/x", H5P_DEFAULT), H5Dclose};
  const Handle properties{H5Dget_create_plist(dataset.get()), H5Pclose};
  std::vector<hsize_t> chunk(shape.size());
  EXPECT_GT(H5Pget_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()), 0);
  const ChunkGrid grid(shape, Shape(chunk.begin(), chunk.end()), 1);
  auto chunk_bytes = size_of(sample.type, sample.width);
  for (const auto extent : chunk) chunk_bytes *= extent;
  std::vector<ledger::Bytes> chunks;
  for (std::uint64_t i = 0; i < grid.count(); ++i) {
    const auto first = grid.first_of(i);
    const std::vector<hsize_t> offset(first.begin(), first.end());
    hsize_t size = 0;
    EXPECT_GE(H5Dget_chunk_storage_size(dataset.get(), offset.data(), &size), 0);
    ledger::Bytes bytes(size);
    std::uint32_t left_out = 1;
    EXPECT_GE(H5Dread_chunk(dataset.get(), H5P_DEFAULT, offset.data(), &left_out, bytes.data()), 0);
    EXPECT_EQ(left_out, 0U);
    chunks.push_back(inflated(bytes, chunk_bytes));
  }
  return chunks;
}

TEST(Hdf5Rows, ChunksHoldWhatTheLibrarysOwnFiltersMake) {
  std::mt19937_64 draw(42);
  const TestFolder folder;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto& sample = samples[i];
    SCOPED_TRACE(to_text(sample.shape));
    const auto bytes = some_bytes(sample, draw);
    const auto depth =
        chunk_of(sample.shape, size_of(sample.type, sample.width), sample.deepest)[sample.axis];
    const auto ours = folder / ("ours" + std::to_string(i));
    const auto theirs = folder / ("theirs" + std::to_string(i));
    Crew crew(2);
    {
      const auto file = create_file(ours);
      auto dataset = dataset_of(file.get(), sample);
      const auto end = sample.shape[sample.axis];
      for (std::uint64_t first = 0; first < end; first += depth) {
        const auto count = std::min(depth, end - first);
        const auto rows = rows_of(sample, bytes, first, count);
        dataset.write_rows(first, count, rows.data(), sample.axis, i % 2 == 0 ? &crew : nullptr);
      }
    }
    {
      const auto file = create_file(theirs);
      const auto dataset = dataset_of(file.get(), sample);
      write_by_the_library(dataset.get(), bytes);
    }
    EXPECT_EQ(shuffled_chunks(ours, sample), shuffled_chunks(theirs, sample));
    EXPECT_EQ(read_by_the_library(ours, bytes.size()), bytes);
  }
}

TEST(Hdf5Rows, PartsOfChunksAreRefused) {
  const TestFolder folder;
  const auto file = create_file(folder / "f.h5");
  const Shape shape{100, 24, 30};
  auto dataset = create_dataset(file.get(), "/x", Type::u64, shape, 1, 8);
  const std::vector<std::uint64_t> rows(100 * 24 * 30);
  const auto write = [&](std::uint64_t first, std::uint64_t count) {
    dataset.write_rows(first, count, rows.data(), 2);
  };
  EXPECT_THROW(write(0, 7), Error);
  EXPECT_THROW(write(1, 8), Error);
  EXPECT_NO_THROW(write(8, 16));
  EXPECT_NO_THROW(write(24, 6));
}

}  // namespace
}  // namespace gridtally::archive::hdf5
