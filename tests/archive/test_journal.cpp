#include <gtest/gtest.h>

#include "archive/journal.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {

using testing::contents;
using testing::make_chain;
using testing::overwrite;

namespace {
/// A journal of one day, and where each of its frames ends.
struct Written {
  std::vector<ledger::CommittedBlock> blocks;
  std::vector<std::uint8_t> bytes;
  std::vector<std::size_t> ends;  ///< of the header frame, then of each block's
};

Written write_journal(const std::filesystem::path& path) {
  testing::ChainSize size;
  size.days = 1;
  Written out{make_chain(size).blocks(), {}, {}};
  auto writer = JournalWriter::start(path, {ledger::Digest{1}, 1});
  out.ends.push_back(contents(path).size());
  for (const auto& block : out.blocks) {
    writer.append(block, 3.5);
    writer.sync();
    out.ends.push_back(contents(path).size());
  }
  out.bytes = contents(path);
  return out;
}

std::size_t count_blocks(JournalReader& reader) {
  std::size_t count = 0;
  while (reader.next()) ++count;
  return count;
}
}  // namespace

TEST(Journal, ReadsBackWhatWasAppended) {
  const TestFolder folder;
  const auto written = write_journal(folder / "journal");
  JournalReader reader{Input(folder / "journal")};
  EXPECT_EQ(reader.header(), (JournalHeader{ledger::Digest{1}, 1}));
  for (const auto& block : written.blocks) {
    const auto found = reader.next();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->block, block);
    EXPECT_EQ(found->commit_time, 3.5);
  }
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.cut_bytes(), 0U);
}

TEST(Journal, GivesEvidenceBesidesTheBlocks) {
  const TestFolder folder;
  testing::ChainSize size;
  size.days = 1;
  const auto chain = make_chain(size);
  const std::vector pieces{testing::double_vote(chain, 1), testing::double_vote(chain, 2)};
  auto writer = JournalWriter::start(folder / "journal", {ledger::Digest{1}, 1});
  writer.append(pieces[0]);
  writer.append(chain.blocks()[0], 3.5);
  writer.append(pieces[1]);
  writer.sync();
  JournalReader reader{Input(folder / "journal")};
  EXPECT_EQ(count_blocks(reader), 1U);
  EXPECT_EQ(reader.evidence(), pieces);
}

TEST(Journal, TornAtAnyByteKeepsEveryWholeFrame) {
  const TestFolder folder;
  const auto written = write_journal(folder / "journal");
  for (auto size = written.bytes.size(); size-- > written.ends[0];) {
    std::filesystem::resize_file(folder / "journal", size);
    std::size_t whole = 0;
    while (written.ends[whole + 1] <= size) ++whole;
    JournalReader reader{Input(folder / "journal")};
    ASSERT_EQ(count_blocks(reader), whole) << "cut at byte " << size;
    ASSERT_EQ(reader.cut_bytes(), size - written.ends[whole]);
  }
}

TEST(Journal, GarbageTailIsCut) {
  const TestFolder folder;
  const auto written = write_journal(folder / "journal");
  for (const int value : {0x00, 0x01, 0x02, 0xff}) {
    auto bytes = written.bytes;
    bytes.insert(bytes.end(), 3000, static_cast<std::uint8_t>(value));
    overwrite(folder / "journal", bytes);
    JournalReader reader{Input(folder / "journal")};
    EXPECT_EQ(count_blocks(reader), written.blocks.size());
    EXPECT_EQ(reader.cut_bytes(), 3000U);
  }
}

TEST(Journal, AnyByteFlippedBeforeTheLastFrameIsNamed) {
  const TestFolder folder;
  const auto written = write_journal(folder / "journal");
  const auto last_frame = written.ends[written.ends.size() - 2];
  for (std::size_t at = 0; at < last_frame; ++at) {
    testing::flip(folder / "journal", at, written.bytes[at]);
    std::size_t frame = 0;
    while (written.ends[frame] <= at) ++frame;
    const auto start = frame == 0 ? 0 : written.ends[frame - 1];
    try {
      JournalReader reader{Input(folder / "journal")};
      count_blocks(reader);
      FAIL() << "byte " << at << " flipped unnoticed";
    } catch (const FormatError& error) {
      ASSERT_NE(std::string(error.what()).find("offset " + std::to_string(start) + ":"),
                std::string::npos)
          << error.what();
    }
    testing::flip(folder / "journal", at, written.bytes[at] ^ 0x10);
  }
}

TEST(Journal, FramesThatAreMissingAreRefused) {
  const TestFolder folder;
  const auto written = write_journal(folder / "journal");
  for (std::size_t first = 0; first + 2 < written.ends.size(); ++first) {
    auto bytes = written.bytes;
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(written.ends[first]);
    bytes.erase(from, bytes.begin() + static_cast<std::ptrdiff_t>(written.ends[first + 1]));
    overwrite(folder / "journal", bytes);
    JournalReader reader{Input(folder / "journal")};
    try {
      count_blocks(reader);
      FAIL() << "without frame " << first + 1;
    } catch (const FormatError& error) {
      const std::string words = error.what();
      const auto place = "offset " + std::to_string(written.ends[first]) + ": frames are missing";
      EXPECT_NE(words.find(place), std::string::npos) << words;
    }
  }
}

TEST(Journal, FrameOfWhichNobodyKnewMayBeMissing) {
  const TestFolder folder;
  testing::ChainSize size;
  size.days = 1;
  const auto blocks = make_chain(size).blocks();
  auto writer = JournalWriter::start(folder / "journal", {ledger::Digest{1}, 1});
  std::vector<std::size_t> ends{contents(folder / "journal").size()};
  for (std::size_t i = 0; i < 3; ++i) {
    writer.append(blocks[i], 3.5);
    ends.push_back(contents(folder / "journal").size());
  }
  auto bytes = contents(folder / "journal");
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(ends[1]),
              bytes.begin() + static_cast<std::ptrdiff_t>(ends[2]));
  overwrite(folder / "journal", bytes);
  JournalReader reader{Input(folder / "journal")};
  EXPECT_EQ(count_blocks(reader), 2U);
}

// A meter chooses bytes of a block: they must not make damage of a write that a crash cut off.
TEST(Journal, FrameWithinWhatWasTornIsNone) {
  const TestFolder folder;
  const auto written = write_journal(folder / "journal");
  ledger::ByteWriter forged;
  forged.u32(0).u8(2).u64(std::uint64_t{1} << 40U);
  forged.raw(ledger::sha256(forged.bytes()));
  auto bytes = written.bytes;
  bytes.resize(bytes.size() - 200);
  const auto inside = forged.take();
  bytes.insert(bytes.end(), inside.begin(), inside.end());
  overwrite(folder / "journal", bytes);
  JournalReader reader{Input(folder / "journal")};
  EXPECT_EQ(count_blocks(reader), written.blocks.size() - 1);
  EXPECT_GT(reader.cut_bytes(), 0U);
}

TEST(Journal, FramesOfOneSyncAreCutTogether) {
  const TestFolder folder;
  testing::ChainSize size;
  size.days = 1;
  const auto blocks = make_chain(size).blocks();
  auto writer = JournalWriter::start(folder / "journal", {ledger::Digest{1}, 1});
  writer.append(blocks[0], 3.5);
  writer.sync();
  const auto durable = contents(folder / "journal").size();
  writer.append(blocks[1], 3.5);
  writer.append(blocks[2], 3.5);
  auto bytes = contents(folder / "journal");
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(durable), 100, std::uint8_t{0});
  overwrite(folder / "journal", bytes);  // a crash: of two writes the second came first
  JournalReader torn{Input(folder / "journal")};
  EXPECT_EQ(count_blocks(torn), 1U);
  EXPECT_EQ(torn.cut_bytes(), bytes.size() - durable);
  EXPECT_EQ(torn.offset(), durable);
  writer.sync();
  writer.append(blocks[3], 3.5);  // written after the sync of both: their loss is damage
  JournalReader damaged{Input(folder / "journal")};
  EXPECT_THROW(count_blocks(damaged), FormatError);
}

TEST(Journal, GoesOnAfterWhatCounts) {
  const TestFolder folder;
  const auto written = write_journal(folder / "journal");
  auto writer = JournalWriter::go_on(folder / "journal", written.ends[2]);
  EXPECT_EQ(contents(folder / "journal").size(), written.ends[2]);
  writer.append(written.blocks[2], 3.5);
  writer.sync();
  JournalReader reader{Input(folder / "journal")};
  EXPECT_EQ(count_blocks(reader), 3U);
  EXPECT_FALSE(std::filesystem::exists(folder / "journal.tmp"));
}

TEST(Journal, HeaderTornIsRefused) {
  const TestFolder folder;
  const auto written = write_journal(folder / "journal");
  overwrite(folder / "journal", {written.bytes.begin(), written.bytes.begin() + 10});
  EXPECT_THROW(JournalReader(Input(folder / "journal")), FormatError);
}

}  // namespace gridtally::archive
