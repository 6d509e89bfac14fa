#include <gtest/gtest.h>

#include <numeric>

#include "archive/archive_reader.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {

using testing::Chain;
using testing::contents;
using testing::make_chain;
using testing::overwrite;
using testing::write_chain;

namespace {
std::vector<ledger::CommittedBlock> read_all(ArchiveReader& reader) {
  std::vector<ledger::CommittedBlock> blocks;
  while (auto block = reader.next()) blocks.push_back(std::move(*block));
  return blocks;
}

std::string faults_of(const ArchiveReader& reader) {
  std::string text;
  for (const auto& fault : reader.faults()) text += describe(fault) + "\n";
  return text;
}

Standing standing_of(const std::filesystem::path& folder) {
  ArchiveReader reader(folder);
  read_all(reader);
  return reader.standing();
}

void expect_round_trip(const testing::ChainSize& size, std::size_t sealed) {
  const auto chain = make_chain(size);
  const TestFolder folder;
  write_chain(folder / "a", chain, sealed);
  ArchiveReader reader(folder / "a");
  const auto blocks = read_all(reader);
  EXPECT_EQ(faults_of(reader), "");
  EXPECT_EQ(reader.standing(), Standing::readable);
  EXPECT_EQ(blocks, chain.blocks());
  EXPECT_EQ(reader.height(), chain.blocks().size());
  EXPECT_EQ(ledger::encode(reader.genesis()), ledger::encode(chain.genesis));
  EXPECT_DOUBLE_EQ(reader.commit_time(), 1.7e9);
}
}  // namespace

TEST(ArchiveReader, ReadsSealedBlocksBack) { expect_round_trip({}, 2); }
TEST(ArchiveReader, ReadsSealedAndJournalledBlocksBack) { expect_round_trip({}, 1); }
TEST(ArchiveReader, ReadsJournalAlone) { expect_round_trip({}, 0); }

TEST(ArchiveReader, ReadsPairwiseBlocksBack) {
  testing::ChainSize size;
  size.form = market::Form::pairwise;
  expect_round_trip(size, 2);
}

TEST(ArchiveReader, ReadsLateAndAbsentMetersBack) {
  testing::ChainSize size;
  size.late = true;
  size.iterations = 5;
  const auto day = make_chain(size).days[0];
  ASSERT_EQ(day[1].block.transactions.size(), 1U);
  ASSERT_EQ(day[2].block.transactions[1].content().turn.iteration, 2U);
  expect_round_trip(size, 2);
  expect_round_trip(size, 1);
  size.form = market::Form::pairwise;
  size.converges = false;
  expect_round_trip(size, 1);
}

TEST(ArchiveReader, ReadsBallotsAndTheVotesOfWhoJoinedBack) {
  testing::ChainSize size;
  size.joining = 2;
  const auto chain = make_chain(size);
  ASSERT_EQ(chain.days[0][1].block.ballots.size(), 4U);
  ASSERT_EQ(chain.days[0][3].certificate.precommits.size(), 6U);
  expect_round_trip(size, 2);
  expect_round_trip(size, 1);
}

TEST(ArchiveReader, ReadsPaymentsAndBalancesBack) {
  const auto chain = make_chain();
  ASSERT_FALSE(chain.days[0].back().block.payments.empty());
  const TestFolder folder;
  write_chain(folder / "a", chain, 2);
  const auto result = ArchiveReader(folder / "a").result(1);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->balance, chain.states[1].balances);
  EXPECT_EQ(std::accumulate(result->balance.begin(), result->balance.end(), std::int64_t{0}),
            100'000'000);
}

TEST(ArchiveReader, GivesEvidenceSealedAndJournalledOnce) {
  const auto chain = make_chain();
  const auto early = testing::double_vote(chain, 1);
  const auto late = testing::double_vote(chain, 2);
  const TestFolder folder;
  auto writer = ArchiveWriter::create(folder / "a", chain.genesis, chain.validator_keys[0]);
  writer.append_evidence(early);
  for (const auto& block : chain.days[0]) writer.append(block);
  const auto journal = contents(folder / "a/journal-0000");
  writer.seal_day(chain.states[0]);
  writer.append_evidence(late);
  writer.close();
  ArchiveReader reader(folder / "a");
  EXPECT_EQ(reader.evidence(), (std::vector{early, late}));
  EXPECT_EQ(read_all(reader), chain.days[0]);
  EXPECT_EQ(faults_of(reader), "");
  // As a crash between sealing and retiring the journal leaves it.
  overwrite(folder / "a/journal-0000", journal);
  EXPECT_EQ(ArchiveReader(folder / "a").evidence(), (std::vector{early, late}));
}

TEST(ArchiveReader, GivesTheTipOfWhatItRead) {
  const auto chain = make_chain();
  const TestFolder folder;
  write_chain(folder / "a", chain, 1);
  ArchiveReader reader(folder / "a");
  EXPECT_EQ(reader.tip(), ledger::Tip(ledger::run_id(chain.genesis)));
  const auto blocks = read_all(reader);
  EXPECT_EQ(reader.tip().height(), blocks.size());
  EXPECT_EQ(reader.tip().head, blocks.back().certificate.block_hash);
}

TEST(ArchiveReader, ReadsDayThatDidNotConverge) {
  testing::ChainSize size;
  size.converges = false;
  expect_round_trip(size, 1);
}

TEST(ArchiveReader, ReadsDayResultBitForBit) {
  const auto chain = make_chain();
  const TestFolder folder;
  write_chain(folder / "a", chain, 2);
  ArchiveReader reader(folder / "a");
  for (std::uint32_t day = 0; day < 2; ++day) {
    const auto expected = day_result(chain.genesis, chain.states[day]);
    const auto found = reader.result(day);
    ASSERT_TRUE(found.has_value()) << faults_of(reader);
    EXPECT_TRUE(identical(*found, expected));
    EXPECT_TRUE(found->settled);
  }
  EXPECT_FALSE(reader.result(2).has_value());
  EXPECT_TRUE(reader.faults().empty());
}

TEST(ArchiveReader, LeavesTheJournalOfASealedDayAlone) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = ArchiveWriter::create(folder / "a", chain.genesis, chain.validator_keys[0]);
  for (const auto& block : chain.days[0]) writer.append(block);
  const auto journal = contents(folder / "a/journal-0000");
  writer.seal_day(chain.states[0]);
  writer.close();
  overwrite(folder / "a/journal-0000", journal);
  ArchiveReader reader(folder / "a");
  EXPECT_EQ(read_all(reader), chain.days[0]);
  EXPECT_EQ(faults_of(reader), "");
}

TEST(ArchiveReader, IgnoresSegmentNotYetInTheManifest) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = ArchiveWriter::create(folder / "a", chain.genesis, chain.validator_keys[0]);
  for (const auto& block : chain.days[0]) writer.append(block);
  const auto journal = contents(folder / "a/journal-0000");
  const auto manifest = contents(folder / "a/manifest");
  writer.seal_day(chain.states[0]);
  writer.wait();
  overwrite(folder / "a/journal-0000", journal);
  overwrite(folder / "a/manifest", manifest);
  ArchiveReader reader(folder / "a");
  EXPECT_EQ(read_all(reader), chain.days[0]);
  EXPECT_EQ(faults_of(reader), "");
}

TEST(ArchiveReader, ReadsTheJournalsOfConsecutiveDays) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = ArchiveWriter::create(folder / "a", chain.genesis, chain.validator_keys[0]);
  for (const auto& block : chain.days[0]) writer.append(block);
  const auto journal = contents(folder / "a/journal-0000");
  const auto manifest = contents(folder / "a/manifest");
  writer.seal_day(chain.states[0]);
  for (const auto& block : chain.days[1]) writer.append(block);
  writer.close();
  overwrite(folder / "a/journal-0000", journal);
  overwrite(folder / "a/manifest", manifest);
  {
    ArchiveReader reader(folder / "a");
    EXPECT_EQ(read_all(reader), chain.blocks());
    EXPECT_EQ(faults_of(reader), "");
  }
  std::filesystem::remove(folder / "a/journal-0000");
  ArchiveReader gap(folder / "a");
  EXPECT_TRUE(read_all(gap).empty());
  EXPECT_EQ(gap.standing(), Standing::unsound);
  EXPECT_NE(faults_of(gap).find("journal-0000 is missing"), std::string::npos) << faults_of(gap);
}

TEST(ArchiveReader, FolderWithoutArchiveIsNotAuditable) {
  const TestFolder folder;
  EXPECT_EQ(standing_of(folder / "nothing"), Standing::not_auditable);
  std::filesystem::create_directory(folder / "empty");
  ArchiveReader reader(folder / "empty");
  EXPECT_EQ(reader.standing(), Standing::not_auditable);
  EXPECT_FALSE(reader.has_genesis());
  EXPECT_FALSE(reader.next().has_value());
}

TEST(ArchiveReader, MissingGenesisIsNotAuditable) {
  const TestFolder folder;
  write_chain(folder / "a", make_chain(), 2);
  std::filesystem::remove(folder / "a/genesis.bin");
  EXPECT_EQ(standing_of(folder / "a"), Standing::not_auditable);
}

TEST(ArchiveReader, MissingSegmentIsUnsoundAndNamed) {
  const auto chain = make_chain();
  const TestFolder folder;
  write_chain(folder / "a", chain, 2);
  std::filesystem::remove(folder / "a/day-0001.h5");
  ArchiveReader reader(folder / "a");
  EXPECT_EQ(read_all(reader), chain.days[0]);
  ASSERT_EQ(reader.faults().size(), 1U);
  EXPECT_EQ(reader.standing(), Standing::unsound);
  EXPECT_EQ(reader.faults()[0].place, "day-0001.h5");
  EXPECT_EQ(reader.faults()[0].height, chain.days[0].size() + 1);
}

TEST(ArchiveReader, SwappedSegmentsAreUnsound) {
  const TestFolder folder;
  write_chain(folder / "a", make_chain(), 2);
  const auto first = contents(folder / "a/day-0000.h5");
  overwrite(folder / "a/day-0000.h5", contents(folder / "a/day-0001.h5"));
  overwrite(folder / "a/day-0001.h5", first);
  ArchiveReader reader(folder / "a");
  EXPECT_TRUE(read_all(reader).empty());
  ASSERT_EQ(reader.faults().size(), 1U);
  EXPECT_EQ(reader.faults()[0].what, "segment checksum");
}

TEST(ArchiveReader, FlippedBytesAreNoticed) {
  testing::ChainSize size;
  size.days = 1;
  size.iterations = 2;
  const TestFolder folder;
  size.joining = 1;
  const auto chain = make_chain(size);
  write_chain(folder / "a", chain, 1, {testing::double_vote(chain, 1)});
  ASSERT_EQ(standing_of(folder / "a"), Standing::readable);
  for (const auto& [name, stride] :
       {std::pair{"genesis.bin", 1}, {"manifest", 1}, {"day-0000.h5", 61}}) {
    const auto path = folder / "a" / name;
    const auto bytes = contents(path);
    for (std::size_t at = 0; at < bytes.size(); at += static_cast<std::size_t>(stride)) {
      testing::flip(path, at, bytes[at]);
      ASSERT_NE(standing_of(folder / "a"), Standing::readable) << name << " byte " << at;
      testing::flip(path, at, bytes[at] ^ 0x10);
    }
    ASSERT_EQ(contents(path), bytes);
  }
}

TEST(ArchiveReader, ManifestSignedByAnotherKeyIsUnsound) {
  const auto chain = make_chain();
  const TestFolder folder;
  write_chain(folder / "a", chain, 2);
  const auto bytes = contents(folder / "a/manifest");
  const auto manifest = parse_manifest(std::string(bytes.begin(), bytes.end()));
  const auto forged = sign_manifest(manifest, chain.validator_keys[1]);
  overwrite(folder / "a/manifest", std::vector<std::uint8_t>(forged.begin(), forged.end()));
  ArchiveReader reader(folder / "a");
  EXPECT_EQ(reader.standing(), Standing::unsound);
  ASSERT_EQ(reader.faults().size(), 1U);
  EXPECT_EQ(reader.faults()[0].what, "manifest signature");
}

TEST(ArchiveReader, JournalOfAnotherRunIsRefused) {
  const auto chain = make_chain();
  const TestFolder folder;
  write_chain(folder / "a", chain, 1);
  testing::ChainSize other;
  other.prosumers = 4;
  write_chain(folder / "b", make_chain(other), 1);
  overwrite(folder / "a/journal-0001", contents(folder / "b/journal-0001"));
  ArchiveReader reader(folder / "a");
  EXPECT_EQ(read_all(reader), chain.days[0]);
  EXPECT_EQ(reader.standing(), Standing::unsound);
}

}  // namespace gridtally::archive
