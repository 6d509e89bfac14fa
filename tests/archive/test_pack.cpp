#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <numeric>

#include "archive/archive_reader.hpp"
#include "archive/lock_file.hpp"
#include "archive/pack.hpp"
#include "archive/synthetic_chain.hpp"
#include "archive/tar_header.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {

using testing::contents;
using testing::overwrite;

namespace {
using Bytes = std::vector<std::uint8_t>;

/// Two days sealed, the third journalled.
class Pack : public ::testing::Test {
 protected:
  explicit Pack(std::uint32_t days = 3, std::uint32_t sealed = 2) {
    testing::ChainSize size;
    size.days = days;
    chain_ = testing::make_chain(size);
    testing::write_chain(folder_ / "a", chain_, sealed, {testing::double_vote(chain_, 1)});
    pack_archive(folder_ / "a", pack_, false);
    bytes_ = contents(pack_);
  }

  /// First fault of the pack as it stands; empty when all its blocks are read.
  std::string fault() const {
    ArchiveReader reader(pack_);
    std::vector<ledger::CommittedBlock> blocks;
    while (auto block = reader.next()) blocks.push_back(std::move(*block));
    (void)reader.evidence();
    if (!reader.faults().empty()) return describe(reader.faults()[0]);
    return blocks == chain_.blocks() ? "" : "other blocks";
  }

  std::string fault_of(const Bytes& bytes) {
    overwrite(pack_, bytes);
    return fault();
  }

  std::string refusal_to_unpack() const {
    try {
      unpack_archive(pack_, folder_ / "out");
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  /// Where a member's header begins.
  std::size_t header_of(const std::string& name) const {
    const Bytes field(name.c_str(), name.c_str() + name.size() + 1);
    const auto at = std::search(bytes_.begin(), bytes_.end(), field.begin(), field.end());
    return static_cast<std::size_t>(at - bytes_.begin());
  }

  TestFolder folder_;
  std::filesystem::path pack_ = folder_ / "a.gridtally.tar";
  testing::Chain chain_;
  Bytes bytes_;
};

void append(Bytes& bytes, const std::string& name, const Bytes& content) {
  const auto header = tar_header(name, content.size());
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), content.begin(), content.end());
  bytes.resize(bytes.size() + tar_padding(content.size()));
}

/// A pack of the given files, whole in form.
Bytes tar_of(const std::vector<std::pair<std::string, Bytes>>& files) {
  Bytes bytes;
  for (const auto& [name, content] : files) append(bytes, name, content);
  bytes.resize(bytes.size() + 2 * tar_block);
  return bytes;
}

/// A header with one field changed and its sum made right again.
void put(Bytes& bytes, std::size_t header, std::size_t at, const std::string& text) {
  const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(header);
  std::copy(text.begin(), text.end(), from + static_cast<std::ptrdiff_t>(at));
  std::fill_n(from + 148, 8, std::uint8_t{' '});
  const auto sum = std::accumulate(from, from + tar_block, 0U);
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%06o", sum);
  std::copy_n(digits.begin(), 7, from + 148);
}
}  // namespace

TEST_F(Pack, IsReadInPlaceLikeTheFolder) {
  EXPECT_EQ(fault(), "");
  ArchiveReader packed(pack_);
  ArchiveReader plain(folder_ / "a");
  EXPECT_EQ(packed.manifest(), plain.manifest());
  EXPECT_EQ(packed.evidence(), plain.evidence());
  EXPECT_EQ(packed.evidence().size(), 1U);
  EXPECT_EQ(packed.result(1)->bill, plain.result(1)->bill);
}

TEST_F(Pack, ComesBackByteForByte) {
  const auto summary = unpack_archive(pack_, folder_ / "b");
  EXPECT_EQ(summary.files, 5U);
  EXPECT_EQ(summary.height, chain_.days[0].size() + chain_.days[1].size());
  for (const auto& name :
       {"genesis.bin", "manifest", "day-0000.h5", "day-0001.h5", "journal-0002"}) {
    EXPECT_EQ(contents(folder_ / "b" / name), contents(folder_ / "a" / name)) << name;
  }
  pack_archive(folder_ / "b", folder_ / "again", false);
  EXPECT_EQ(contents(folder_ / "again"), bytes_);
}

TEST_F(Pack, LeavesOutWhatDoesNotCount) {
  overwrite(folder_ / "a/day-0007.h5.tmp", {1});
  overwrite(folder_ / "a/journal-0000", {1});
  overwrite(folder_ / "a/day-0002.h5", {1});
  overwrite(folder_ / "a/notes.txt", {1});
  pack_archive(folder_ / "a", folder_ / "b", false);
  EXPECT_EQ(contents(folder_ / "b"), bytes_);
}

TEST_F(Pack, NothingIsOverwrittenUnasked) {
  EXPECT_THROW(pack_archive(folder_ / "a", pack_, false), InputError);
  overwrite(pack_, {1});
  pack_archive(folder_ / "a", pack_, true);
  EXPECT_EQ(contents(pack_), bytes_);
  std::filesystem::create_directory(folder_ / "b");
  EXPECT_THROW(unpack_archive(pack_, folder_ / "b"), InputError);
  std::filesystem::create_directory(folder_ / "c.tmp");
  EXPECT_THROW(unpack_archive(pack_, folder_ / "c"), InputError);
  EXPECT_THROW(unpack_archive(folder_ / "a", folder_ / "d"), InputError);
  EXPECT_THROW(pack_archive(pack_, folder_ / "d", false), InputError);
}

TEST_F(Pack, ArchiveThatARunWritesIsRefused) {
  const LockFile writer(folder_ / "a/lock");
  EXPECT_THROW(pack_archive(folder_ / "a", folder_ / "b", false), InputError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "b"));
}

TEST_F(Pack, DamagedArchiveIsNamedAndNothingIsLeft) {
  for (const auto* name : {"day-0001.h5", "genesis.bin", "manifest"}) {
    const auto clean = contents(folder_ / "a" / name);
    testing::flip(folder_ / "a" / name, clean.size() / 2, clean[clean.size() / 2]);
    try {
      pack_archive(folder_ / "a", folder_ / "b", false);
      ADD_FAILURE() << name << " was packed";
    } catch (const FormatError& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "b"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "b.tmp"));
    overwrite(folder_ / "a" / name, clean);
  }
}

TEST_F(Pack, DamagedPackIsNamedAndNothingIsUnpacked) {
  auto bytes = bytes_;
  bytes[header_of("day-0001.h5") + tar_block + 5000] ^= 1;
  overwrite(pack_, bytes);
  EXPECT_NE(refusal_to_unpack().find("day-0001.h5: SHA-256 expected"), std::string::npos)
      << refusal_to_unpack();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.tmp"));
}

namespace {
/// Packs of one day, of which each byte is tried.
class OneDayPack : public Pack {
 protected:
  explicit OneDayPack(std::uint32_t sealed) : Pack(1, sealed) {}

  /// Changes a byte of the pack, or changes it back.
  void flip(std::size_t at) {
    bytes_[at] ^= 1U;
    file_.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(bytes_[at])).flush();
  }

  /// From `first` up to `end`: by a reader.
  void expect_noticed(std::size_t first, std::size_t end) {
    for (auto at = first; at < end; ++at) {
      flip(at);
      EXPECT_NE(fault(), "") << at;
      flip(at);
    }
  }

 private:
  std::fstream file_{pack_, std::ios::binary | std::ios::in | std::ios::out};
};

class SealedPack : public OneDayPack {
 protected:
  SealedPack() : OneDayPack(1) {}
};

class JournalledPack : public OneDayPack {
 protected:
  JournalledPack() : OneDayPack(0) {}
};
}  // namespace

// In the segment by the checksum that every reader compares first; one in 499 by a reader.
TEST_F(SealedPack, EveryByteOfItThatIsFlippedIsNoticed) {
  const auto first = header_of("day-0000.h5") + tar_block;
  const auto size = Input(folder_ / "a/day-0000.h5").size();
  const auto listed = ArchiveReader(pack_).manifest().segments.at(0).sha256;
  expect_noticed(0, first);
  for (auto at = first; at < first + size; ++at) {
    flip(at);
    EXPECT_NE(ledger::sha256(ledger::ByteView(bytes_).subspan(first, size)), listed) << at;
    flip(at);
    if (at % 499 == 0) expect_noticed(at, at + 1);
  }
  expect_noticed(first + size, bytes_.size());
  EXPECT_EQ(fault(), "");
}

TEST_F(JournalledPack, EveryByteOfItThatIsFlippedIsNoticed) {
  expect_noticed(0, bytes_.size());
  EXPECT_EQ(fault(), "");
}

TEST_F(SealedPack, EveryCutIsNoticed) {
  for (auto size = bytes_.size(); size-- > 0;) {
    std::filesystem::resize_file(pack_, size);
    EXPECT_NE(fault(), "") << size;
  }
}

TEST_F(Pack, AByteBehindItIsNoticed) {
  auto longer = bytes_;
  longer.push_back(0);
  EXPECT_NE(fault_of(longer).find("1 bytes after the end"), std::string::npos) << fault();
}

TEST_F(Pack, OtherEntriesAreRefusedByTheirName) {
  const std::map<std::string, std::string> kinds{
      {"1", "a hard link"},    {"2", "a symbolic link"}, {"3", "a character device"},
      {"4", "a block device"}, {"5", "a folder"},        {"6", "a pipe"},
      {"L", "a long name"},    {"x", "a pax header"},    {"?", "of an unknown kind"}};
  for (const auto& [kind, words] : kinds) {
    auto bytes = bytes_;
    put(bytes, header_of("day-0001.h5"), 156, kind);
    EXPECT_NE(fault_of(bytes).find("'day-0001.h5' is "), std::string::npos) << fault();
    EXPECT_NE(fault().find(words), std::string::npos) << fault();
    EXPECT_NE(refusal_to_unpack().find(words), std::string::npos);
  }
}

TEST_F(Pack, HeadersInAnotherFormAreRefused) {
  const std::vector<std::pair<std::size_t, std::string>> fields{
      {100, "0000755"},     {108, "0001750"}, {116, "0001750"}, {136, "14123456701"},
      {157, "/etc/passwd"}, {265, "root"},    {297, "root"},    {329, "0000001"},
      {345, "folder"},      {500, "x"},       {263, " "}};
  for (const auto& [at, text] : fields) {
    auto bytes = bytes_;
    put(bytes, header_of("manifest"), at, text);
    EXPECT_NE(fault_of(bytes).find("in another form"), std::string::npos) << at << fault();
  }
  auto bytes = bytes_;
  bytes[header_of("manifest") + 150] ^= 1;
  EXPECT_NE(fault_of(bytes).find("in another form"), std::string::npos) << "its sum";
}

TEST_F(Pack, NamesThatLeadElsewhereAreRefused) {
  for (const auto* name : {"../day-0000.h5", "/day-0000.h5", "a/b", ""}) {
    EXPECT_NE(fault_of(tar_of({{name, {1}}})).find("is not the name of a file"), std::string::npos)
        << fault();
  }
}

TEST_F(Pack, FilesThatAreDoubleForeignOrOutOfOrderAreRefused) {
  const Bytes one{1};
  EXPECT_NE(fault_of(tar_of({{"genesis.bin", one}, {"genesis.bin", one}})).find("there twice"),
            std::string::npos);
  for (const auto* name : {"lock", "notes.txt", "day-0001.h5", "day-00000.h5", "journal-0001"}) {
    const auto text = fault_of(tar_of({{"genesis.bin", one}, {"manifest", one}, {name, one}}));
    EXPECT_NE(text.find("or not the next"), std::string::npos) << name << ": " << text;
  }
  EXPECT_NE(fault_of(tar_of({{"manifest", one}})).find("or not the next"), std::string::npos);
  EXPECT_NE(fault_of(tar_of({{"genesis.bin", one}})).find("no manifest"), std::string::npos);
  EXPECT_NE(fault_of(tar_of({})).find("no genesis.bin"), std::string::npos);
}

TEST_F(Pack, SegmentThatTheManifestDoesNotListIsNoticed) {
  auto bytes = bytes_;
  bytes.resize(header_of("journal-0002"));
  append(bytes, "day-0002.h5", {1});
  bytes.resize(bytes.size() + 2 * tar_block);
  EXPECT_NE(fault_of(bytes).find("segments of the pack: expected 2, found 3"), std::string::npos)
      << fault();
  EXPECT_NE(refusal_to_unpack().find("does not list"), std::string::npos);
}

TEST_F(Pack, SizesBeyondTheFileAreRefused) {
  for (const auto size : {std::uint64_t{1} << 20U, std::uint64_t{1} << 40U, ~std::uint64_t{0}}) {
    auto bytes = bytes_;
    const auto header = tar_header("manifest", size);
    std::copy(header.begin(), header.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(header_of("manifest")));
    EXPECT_NE(fault_of(bytes).find("cut off"), std::string::npos) << size << fault();
  }
}

TEST(TarHeader, SizesOfEightGiBAndMoreComeBack) {
  for (const auto size : {std::uint64_t{0}, (std::uint64_t{1} << 33) - 1, std::uint64_t{1} << 33,
                          (std::uint64_t{5} << 40) + 17, ~std::uint64_t{0}}) {
    const auto entry = read_tar_header(tar_header("day-0000.h5", size));
    EXPECT_EQ(entry.size, size);
    EXPECT_EQ(entry.name, "day-0000.h5");
  }
}

TEST(Input, IsOnlyARegularFile) {
  const TestFolder folder;
  overwrite(folder / "file", {1, 2, 3});
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink(folder / "file", folder / "link");
  EXPECT_EQ(Input(folder / "file").read_all(3), (Bytes{1, 2, 3}));
  EXPECT_THROW((void)Input(folder / "file").read_all(2), IoError);
  for (const auto& [name, words] : {std::pair{"pipe", "not a regular file"},
                                    {"link", "is a symbolic link"},
                                    {"", "not a regular file"},
                                    {"absent", "No such file"}}) {
    try {
      Input{folder / name};
      ADD_FAILURE() << name << " was opened";
    } catch (const IoError& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  }
}

TEST(Input, PipesInAnArchiveDoNotBlock) {
  const TestFolder folder;
  testing::ChainSize size;
  const auto chain = testing::make_chain(size);
  for (const auto* name : {"manifest", "genesis.bin", "day-0000.h5", "journal-0001"}) {
    const auto archive = folder / (std::string("of ") + name);
    testing::write_chain(archive, chain, 1);
    std::filesystem::remove(archive / name);
    ASSERT_EQ(::mkfifo((archive / name).c_str(), 0600), 0);
    ArchiveReader reader(archive);
    while (reader.next()) {
    }
    (void)reader.evidence();
    ASSERT_FALSE(reader.faults().empty()) << name;
    EXPECT_NE(describe(reader.faults()[0]).find("not a regular file"), std::string::npos)
        << describe(reader.faults()[0]);
  }
}

}  // namespace gridtally::archive
