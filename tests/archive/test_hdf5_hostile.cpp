#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <random>

#include "archive/column.hpp"
#include "archive/hdf5.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

// Files that no library writes: bombs, circles, lies and noise. Nothing but FormatError comes out.
namespace gridtally::archive::hdf5 {

namespace {
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t many = 3'000'000;  // bytes: twelve chunks, an index of two levels

std::string refusal(const std::filesystem::path& path, std::uint64_t size) {
  try {
    auto dataset = Reader(Input(path)).dataset("/g/x", Type::u8, {size});
    Bytes found(size);
    dataset.read_rows(0, size, 0, found);
    return "";
  } catch (const FormatError& error) {
    return error.what();
  }
}

Bytes noise(std::size_t size) {
  std::mt19937 draw(7);
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(draw() % 3);
  return bytes;
}

void write_bytes(const std::filesystem::path& path, std::uint64_t size) {
  const auto file = create_file(path);
  auto dataset = create_dataset(file.get(), "/g/x", Type::u8, {size});
  dataset.write_rows(0, size, noise(size).data());
  write_attribute(dataset.get(), "units", std::string(300, 'u'));
  write_attribute(dataset.get(), "long_name", std::string(300, 'n'));
}

/// Resident at the most so far [bytes].
std::uint64_t most_resident() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void put(Bytes& bytes, std::size_t at, std::uint64_t value, std::size_t size = 8) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

std::uint64_t get(const Bytes& bytes, std::size_t at, std::size_t size = 8) {
  std::uint64_t value = 0;
  for (auto i = size; i-- > 0;) value = (value << 8) | bytes.at(at + i);
  return value;
}

/// Where each structure with this signature and these next bytes stands.
std::vector<std::size_t> places(const Bytes& bytes, const std::string& signature) {
  const Bytes wanted(signature.begin(), signature.end());
  std::vector<std::size_t> found;
  for (auto at = bytes.begin();; ++at) {
    at = std::search(at, bytes.end(), wanted.begin(), wanted.end());
    if (at == bytes.end()) return found;
    found.push_back(static_cast<std::size_t>(at - bytes.begin()));
  }
}
const std::string group_tree("TREE\0\0", 6);
const std::string chunk_root("TREE\1\1", 6);
const std::string chunk_leaf("TREE\1\0", 6);

/// A dataset of one chunk, whose bytes on disk are given.
void write_stored(const std::filesystem::path& path, std::uint64_t size, const Bytes& stored) {
  const auto file = create_file(path);
  const auto dataset = create_dataset(file.get(), "/g/x", Type::u8, {size});
  const hsize_t first = 0;
  ASSERT_GE(H5Dwrite_chunk(dataset.get(), H5P_DEFAULT, 0, &first, stored.size(), stored.data()), 0);
}

/// With its checksum behind it.
Bytes summed(Bytes bytes) {
  const auto sum = fletcher32(bytes);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(sum >> (8 * i)));
  return bytes;
}

/// A stream of zlib that expands to so many MiB of zeros; never held as a whole.
Bytes bomb(int mebibytes) {
  z_stream stream{};
  deflateInit(&stream, 9);
  Bytes zeros(std::size_t{1} << 20);
  Bytes out(std::size_t{1} << 19);
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  for (int i = 0; i < mebibytes; ++i) {
    stream.next_in = zeros.data();
    stream.avail_in = static_cast<uInt>(zeros.size());
    deflate(&stream, i + 1 < mebibytes ? Z_NO_FLUSH : Z_FINISH);
  }
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes deflated(const Bytes& bytes) {
  Bytes out(compressBound(bytes.size()));
  uLongf size = out.size();
  compress2(out.data(), &size, bytes.data(), bytes.size(), 9);
  out.resize(size);
  return out;
}

/// A file of two levels of chunks to be changed in one place.
class Hdf5Lies : public ::testing::Test {
 protected:
  Hdf5Lies() {
    write_bytes(path_, many);
    bytes_ = testing::contents(path_);
  }

  std::string refused(std::uint64_t size = many) {
    testing::overwrite(path_, bytes_);
    return refusal(path_, size);
  }
  [[nodiscard]] std::size_t place(const std::string& signature, std::size_t which = 0) const {
    return places(bytes_, signature).at(which);
  }

  TestFolder folder_;
  std::filesystem::path path_ = folder_ / "f.h5";
  Bytes bytes_;
};
}  // namespace

TEST(Hdf5Bombs, StreamThatExpandsBeyondItsChunkIsNotExpanded) {
  const TestFolder folder;
  const std::uint64_t size = 262'144;
  write_stored(folder / "f.h5", size, summed(bomb(250)));
  const auto before = most_resident();
  const auto reason = refusal(folder / "f.h5", size);
  EXPECT_NE(reason.find("does not inflate to its 262144 bytes"), std::string::npos) << reason;
  EXPECT_LT(most_resident() - before, std::uint64_t{8} << 20);
}

TEST(Hdf5Bombs, ChunkStoredLargerThanAnyWriterWouldIsNotRead) {
  const TestFolder folder;
  write_stored(folder / "f.h5", 1000, summed(Bytes(5000)));
  EXPECT_NE(refusal(folder / "f.h5", 1000).find("of 5004 bytes for 1000"), std::string::npos);
}

TEST(Hdf5Bombs, StreamThatIsShortLongOrFollowedIsRefused) {
  const TestFolder folder;
  const auto whole = noise(1000);
  const auto stored = [&](const Bytes& plain, const Bytes& behind, std::size_t cut) {
    auto stream = deflated(plain);
    stream.resize(stream.size() - cut);
    stream.insert(stream.end(), behind.begin(), behind.end());
    const auto path = folder / "f.h5";
    std::filesystem::remove(path);
    write_stored(path, 1000, summed(stream));
    return refusal(path, 1000);
  };
  EXPECT_EQ(stored(whole, {}, 0), "");
  EXPECT_NE(stored(noise(999), {}, 0), "");
  EXPECT_NE(stored(noise(1001), {}, 0), "");
  EXPECT_NE(stored(whole, {0}, 0), "");
  EXPECT_NE(stored(whole, {}, 1), "");
  EXPECT_NE(stored({}, {}, 0), "");
}

TEST_F(Hdf5Lies, NothingIsRefusedOfTheTruth) { EXPECT_EQ(refused(), ""); }

TEST_F(Hdf5Lies, CircleInTheIndexOfChunks) {
  const auto root = place(chunk_root);
  put(bytes_, root + 24 + 24, root);  // its first child: itself
  EXPECT_NE(refused().find("a level of 1"), std::string::npos) << refused();
}

TEST_F(Hdf5Lies, SameLeafTwiceInTheIndexOfChunks) {
  const auto root = place(chunk_root);
  put(bytes_, root + 24 + 32 + 24, get(bytes_, root + 24 + 24));
  EXPECT_NE(refused().find("another place than that of chunk"), std::string::npos) << refused();
}

TEST_F(Hdf5Lies, ChunkLeftOutOfTheIndex) {
  const auto leaf = place(chunk_leaf, 1);
  put(bytes_, leaf + 6, get(bytes_, leaf + 6, 2) - 1, 2);
  EXPECT_NE(refused(), "");
}

TEST_F(Hdf5Lies, ChunkElsewhere) {
  const auto leaf = place(chunk_leaf);
  put(bytes_, leaf + 24 + 24, bytes_.size());
  EXPECT_NE(refused().find("the file ends at"), std::string::npos) << refused();
  put(bytes_, leaf + 24 + 24, ~std::uint64_t{0} - 3);
  EXPECT_NE(refused().find("the file ends at"), std::string::npos) << refused();
}

TEST_F(Hdf5Lies, SizesOfTheIndexOfChunks) {
  const auto leaf = place(chunk_leaf);
  const auto clean = bytes_;
  for (const auto& [at, size] : {std::pair{4, 1}, {5, 1}, {6, 2}, {24, 4}, {28, 4}}) {
    bytes_ = clean;
    put(bytes_, leaf + static_cast<std::size_t>(at), ~std::uint64_t{0},
        static_cast<std::size_t>(size));
    EXPECT_NE(refused(), "") << at;
  }
}

TEST_F(Hdf5Lies, CircleInTheTreeOfAGroup) {
  const auto tree = place(group_tree);
  for (const std::uint64_t level : {1, 3, 255}) {
    put(bytes_, tree + 24 + 8, tree);
    put(bytes_, tree + 5, level, 1);
    EXPECT_NE(refused(), "") << level;
  }
}

TEST_F(Hdf5Lies, CircleOfHeaderBlocks) {
  // A continuation message: 16 bytes, flags 0; then address and length of the next block.
  const auto messages = places(bytes_, std::string("\x10\0\x10\0\0\0\0\0", 8));
  ASSERT_GE(messages.size(), 1U);
  const auto message = messages[0];
  const auto block = get(bytes_, message + 8);
  const auto clean = bytes_;
  put(bytes_, message + 16, 24);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(message), 24,
              bytes_.begin() + static_cast<std::ptrdiff_t>(block));
  EXPECT_NE(refused().find("in a circle"), std::string::npos) << refused();
  bytes_ = clean;
  put(bytes_, message + 16, std::uint64_t{1} << 40);
  EXPECT_NE(refused().find("larger than any that is accepted"), std::string::npos) << refused();
}

TEST_F(Hdf5Lies, NamesOfAGroup) {
  const auto heap = place("HEAP");
  const auto clean = bytes_;
  put(bytes_, heap + 8, std::uint64_t{1} << 50);
  EXPECT_NE(refused().find("names of"), std::string::npos) << refused();
  bytes_ = clean;
  const auto table = place("SNOD");
  put(bytes_, table + 8, std::uint64_t{1} << 50);
  EXPECT_NE(refused().find("no name at"), std::string::npos) << refused();
  bytes_ = clean;
  put(bytes_, table + 6, 0xffff, 2);
  EXPECT_NE(refused(), "");
}

TEST_F(Hdf5Lies, ShapeOfHugeExtents) {
  const auto dims = places(bytes_, std::string("\xc0\xc6\x2d\0\0\0\0\0\xc0\xc6\x2d\0\0\0\0\0", 16));
  ASSERT_EQ(dims.size(), 1U);
  const auto huge = std::uint64_t{1} << 62;
  put(bytes_, dims[0], huge);
  put(bytes_, dims[0] + 8, huge);
  EXPECT_NE(refused().find("has shape (4611686018427387904)"), std::string::npos) << refused();
}

TEST_F(Hdf5Lies, EveryCutIsNoticed) {
  const auto whole = bytes_;
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 400) {
    bytes_.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(refused(), "") << size;
  }
}

namespace {
/// A small day with everything in it, and what its datasets hold.
class Hdf5Noise : public ::testing::Test {
 protected:
  Hdf5Noise() {
    testing::ChainSize size;
    size.days = 1;
    const auto chain = testing::make_chain(size);
    testing::write_chain(folder_ / "a", chain, 1, {testing::double_vote(chain, 1)});
    clean_ = testing::contents(folder_ / "a/day-0000.h5");
    testing::overwrite(path_, clean_);
    columns_ = segment_columns(chain.genesis);
    const Reader file{Input(path_)};
    SegmentCounts counts;
    counts.validators = file.number("validators");
    counts.payments = file.number("payments");
    counts.evidence = file.number("evidence");
    counts.evidence_bytes = file.number("evidence_bytes");
    extents_ =
        segment_extents(chain.genesis, file.number("iterations"), file.number("rounds"), counts);
    expected_ = content();
  }

  std::vector<Bytes> content() const {
    const Reader file{Input(path_)};
    std::vector<Bytes> found;
    for (const auto& column : columns_) found.push_back(column_bytes(file, column));
    return found;
  }

  Bytes column_bytes(const Reader& file, const Column& column) const {
    ColumnReader reader(file, column, extents_);
    Bytes bytes;
    for (auto rows = RowShape(column, extents_).rows; rows > 0; --rows) {
      const auto row = reader.next_row();
      bytes.insert(bytes.end(), row.begin(), row.end());
    }
    return bytes;
  }

  /// A chunk's checksum does not say whose it is: an index may lead to another dataset's. Only what
  /// the blocks' hashes and the genesis say tells then (tests/audit/bytes).
  [[nodiscard]] bool is_another(const Bytes& bytes, std::size_t column) const {
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      if (i != column && expected_[i] == bytes) return true;
    }
    return false;
  }

  /// Whether the bytes were refused; what is not refused holds what the clean ones hold.
  bool is_refused(const Bytes& bytes) {
    testing::overwrite(path_, bytes);
    try {
      const auto found = content();
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_TRUE(found[i] == expected_[i] || is_another(found[i], i))
            << columns_[i].path << " by the byte at "
            << std::mismatch(bytes.begin(), bytes.end(), clean_.begin(), clean_.end()).first -
                   bytes.begin();
      }
      return false;
    } catch (const FormatError&) {
      return true;
    }
  }

  TestFolder folder_;
  std::filesystem::path path_ = folder_ / "f.h5";
  std::vector<Column> columns_;
  Extents extents_;
  Bytes clean_;
  std::vector<Bytes> expected_;
};
}  // namespace

TEST_F(Hdf5Noise, FlippedBitsAreRefusedOrChangeNothing) {
  std::mt19937_64 draw(31);
  std::size_t refused = 0;
  for (int round = 0; round < 3000; ++round) {
    auto bytes = clean_;
    const auto flips = 1 + draw() % 4;
    for (std::uint64_t i = 0; i < flips; ++i) {
      bytes[draw() % bytes.size()] ^= static_cast<std::uint8_t>(1U << (draw() % 8));
    }
    refused += is_refused(bytes) ? 1 : 0;
  }
  EXPECT_GT(refused, 500U);
  EXPECT_LT(refused, 3000U);
}

TEST_F(Hdf5Noise, HeadersOfOddNumbersAreRefusedOrChangeNothing) {
  std::mt19937_64 draw(32);
  const std::vector<std::uint64_t> odd{0,
                                       1,
                                       0x7f,
                                       0xff,
                                       0xffff,
                                       0x7fffffff,
                                       0xffffffff,
                                       clean_.size(),
                                       ~std::uint64_t{0},
                                       std::uint64_t{1} << 63};
  std::size_t refused = 0;
  for (int round = 0; round < 3000; ++round) {
    auto bytes = clean_;
    const auto size = std::size_t{1} << (draw() % 4);
    const auto at = draw() % (bytes.size() - 8);
    put(bytes, at, odd[draw() % odd.size()], size);
    refused += is_refused(bytes) ? 1 : 0;
  }
  EXPECT_GT(refused, 500U);
}

TEST_F(Hdf5Noise, PiecesMovedOrLeftOutAreRefusedOrChangeNothing) {
  std::mt19937_64 draw(33);
  std::size_t refused = 0;
  const auto place = [&](std::uint64_t size) { return static_cast<std::ptrdiff_t>(draw() % size); };
  for (int round = 0; round < 1500; ++round) {
    auto bytes = clean_;
    const auto size = 1 + place(600);
    const auto room = bytes.size() - static_cast<std::size_t>(size);
    const auto from = clean_.begin() + place(room);
    if (round % 3 == 0) {
      std::copy(from, from + size, bytes.begin() + place(room));
    } else if (round % 3 == 1) {
      bytes.insert(bytes.begin() + place(room), from, from + size);
    } else {
      const auto at = bytes.begin() + place(room);
      bytes.erase(at, at + size);
    }
    refused += is_refused(bytes) ? 1 : 0;
  }
  EXPECT_GT(refused, 500U);
}

TEST_F(Hdf5Noise, NothingOfItTakesMuchMemory) {
#ifdef GRIDTALLY_SANITIZED
  GTEST_SKIP() << "the address sanitizer keeps what is freed: its memory is not the reader's";
#endif
  std::mt19937_64 draw(34);
  const auto before = most_resident();
  for (int round = 0; round < 300; ++round) {
    auto bytes = clean_;
    for (int i = 0; i < 3; ++i) put(bytes, draw() % (bytes.size() - 8), draw());
    is_refused(bytes);
  }
  EXPECT_LT(most_resident() - before, std::uint64_t{16} << 20);
}

}  // namespace gridtally::archive::hdf5
