#include <gtest/gtest.h>

#include "archive/archive_reader.hpp"
#include "archive/archive_writer.hpp"
#include "archive/hdf5.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {

using testing::contents;
using testing::make_chain;
using testing::overwrite;
using testing::write_chain;
using Existing = ArchiveWriter::Existing;

namespace {
ArchiveWriter create(const std::filesystem::path& folder, const testing::Chain& chain,
                     Existing existing = Existing::refuse) {
  return ArchiveWriter::create(folder, chain.genesis, chain.validator_keys[0], existing);
}

std::string refusal(const std::filesystem::path& folder, Existing existing) {
  try {
    ArchiveWriter::check_output(folder, existing);
    return "";
  } catch (const InputError& error) {
    return error.what();
  }
}

std::uintmax_t folder_bytes(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) bytes += entry.file_size();
  return bytes;
}
}  // namespace

TEST(ArchiveWriter, SecondWriterIsRefused) {
  const auto chain = make_chain();
  const TestFolder folder;
  const auto first = create(folder / "a", chain);
  try {
    create(folder / "a", chain, Existing::replace);
    FAIL() << "two writers";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("being written by another run"), std::string::npos);
  }
}

TEST(ArchiveWriter, BlocksAreReadableBeforeClose) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  writer.append(chain.days[0][0]);
  ArchiveReader reader(folder / "a");
  EXPECT_EQ(reader.next(), chain.days[0][0]);
}

TEST(ArchiveWriter, OldArchiveIsReplacedOnlyWhenAsked) {
  const auto chain = make_chain();
  const TestFolder folder;
  write_chain(folder / "a", chain, 2);
  EXPECT_NE(refusal(folder / "a", Existing::refuse).find("--force"), std::string::npos);
  EXPECT_THROW(create(folder / "a", chain), InputError);
  EXPECT_TRUE(std::filesystem::exists(folder / "a/day-0001.h5"));
  create(folder / "a", chain, Existing::replace).close();
  EXPECT_FALSE(std::filesystem::exists(folder / "a/day-0000.h5"));
}

TEST(ArchiveWriter, OtherFoldersAreNeverReplaced) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "photos");
  overwrite(folder / "photos/cat.jpg", {1, 2, 3});
  EXPECT_NE(refusal(folder / "photos", Existing::replace).find("not a gridtally archive"),
            std::string::npos);
  write_chain(folder / "a", make_chain(), 1);
  overwrite(folder / "a/notes.txt", {1});
  EXPECT_NE(refusal(folder / "a", Existing::replace).find("notes.txt"), std::string::npos);
  EXPECT_NE(refusal(folder / "photos/cat.jpg", Existing::replace).find("not a folder"),
            std::string::npos);
}

TEST(ArchiveWriter, EmptyOrAbsentFolderIsTaken) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "empty");
  EXPECT_EQ(refusal(folder / "empty", Existing::refuse), "");
  EXPECT_EQ(refusal(folder / "x/y", Existing::refuse), "");
  EXPECT_NO_THROW(create(folder / "x/y", make_chain()));
}

TEST(ArchiveWriter, WrongNextBlockIsRefused) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  EXPECT_THROW(writer.append(chain.days[0][1]), FormatError);
  auto short_block = chain.days[0][0];
  short_block.block.transactions.pop_back();
  EXPECT_THROW(writer.append(short_block), FormatError);
  writer.append(chain.days[0][0]);
  EXPECT_THROW(writer.append(chain.days[0][0]), FormatError);
  EXPECT_EQ(writer.height(), 1U);
}

TEST(ArchiveWriter, WhatASegmentCannotHoldIsRefused) {
  testing::ChainSize size;
  size.late = true;
  size.iterations = 5;
  const auto chain = make_chain(size);
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  const auto refuses = [&](auto change) {
    auto committed = chain.days[0][0];
    change(committed.block);
    committed.block.header.transactions_root = ledger::transactions_root(committed.block);
    committed.certificate.block_hash = ledger::block_hash(committed.block.header);
    EXPECT_THROW(writer.append(committed), FormatError);
  };
  refuses([](auto& block) { std::swap(block.transactions[0], block.transactions[1]); });
  refuses([](auto& block) { block.transactions[1] = block.transactions[0]; });
  refuses([](auto& block) { block.payments.push_back({0, 1, 5}); });
  refuses([](auto& block) { block.ballots.emplace_back(); });
  refuses([&](auto& block) { block.transactions[1] = chain.days[0][2].block.transactions[1]; });
  auto stranger = chain.days[0][0];
  stranger.certificate.precommits.back().validator = 4;
  EXPECT_THROW(writer.append(stranger), FormatError);
  EXPECT_NO_THROW(writer.append(chain.days[0][0]));
}

TEST(ArchiveWriter, JournalThatHoldsEvidenceStays) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  for (const auto& block : chain.days[0]) writer.append(block);
  writer.seal_day(chain.states[0]);
  EXPECT_TRUE(writer.append_evidence(testing::double_vote(chain, 1)));
  writer.close();
  EXPECT_TRUE(std::filesystem::exists(folder / "a/journal-0001"));
}

TEST(ArchiveWriter, EvidenceBeyondTheLimitIsLeftOut) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  auto piece = testing::double_vote(chain, 1);
  piece.first.resize(most_evidence_bytes / 2);
  EXPECT_TRUE(writer.append_evidence(piece));
  EXPECT_FALSE(writer.append_evidence(piece));
  EXPECT_TRUE(writer.append_evidence(testing::double_vote(chain, 2)));
  EXPECT_EQ(ArchiveReader(folder / "a").evidence().size(), 2U);
}

TEST(ArchiveWriter, NothingIsWrittenAfterAnError) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  for (const auto& block : chain.days[0]) writer.append(block);
  std::filesystem::create_directories(folder / "a/day-0000.h5.tmp/in the way");
  writer.seal_day(chain.states[0]);
  EXPECT_THROW(writer.wait(), IoError);
  std::filesystem::remove_all(folder / "a/day-0000.h5.tmp");
  const auto journal = contents(folder / "a/journal-0001");
  EXPECT_THROW(writer.append_evidence(testing::double_vote(chain, 1)), IoError);
  EXPECT_THROW(writer.append(chain.days[1][0]), IoError);
  EXPECT_THROW(writer.close(), IoError);
  EXPECT_EQ(contents(folder / "a/journal-0001"), journal);
  EXPECT_FALSE(std::filesystem::exists(folder / "a/day-0000.h5"));
}

TEST(ArchiveWriter, BlocksHandedOverBecomeDurableInOrder) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  EXPECT_EQ(writer.durable_height(), 0U);
  for (const auto& block : chain.days[0]) {
    writer.append(std::make_shared<const ledger::CommittedBlock>(block));
    const auto durable = writer.durable_height();
    EXPECT_LE(durable, writer.height());
    ArchiveReader reader(folder / "a");
    while (reader.next()) {
    }
    EXPECT_GE(reader.height(), durable);
  }
  writer.sync();
  EXPECT_EQ(writer.durable_height(), chain.days[0].size());
}

// Blocks that wait behind one another share a sync, which the last of them calls: also where a seal
// comes behind it.
TEST(ArchiveWriter, BlockBeforeALateSealBecomesDurable) {
  const auto chain = make_chain();
  for (int attempt = 0; attempt < 50; ++attempt) {
    const TestFolder folder;
    auto writer = create(folder / "a", chain);
    for (const auto& block : chain.days[0]) {
      writer.append(std::make_shared<const ledger::CommittedBlock>(block));
    }
    writer.append(std::make_shared<const ledger::CommittedBlock>(chain.days[1][0]));
    writer.seal_day(chain.states[0]);
    writer.sync();
    ASSERT_EQ(writer.durable_height(), writer.height()) << attempt;
  }
}

TEST(ArchiveWriter, NextDayGoesOnWhileADayIsSealed) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  for (const auto& block : chain.days[0]) writer.append(block, 1.7e9);
  {
    const auto held = hdf5::library_lock();  // no segment can be written meanwhile
    writer.seal_day(chain.states[0]);
    for (const auto& block : chain.days[1]) writer.append(block, 1.7e9);
    EXPECT_EQ(writer.durable_height(), chain.blocks().size());
    EXPECT_FALSE(std::filesystem::exists(folder / "a/day-0000.h5"));
    EXPECT_TRUE(std::filesystem::exists(folder / "a/journal-0000"));
  }
  writer.seal_day(chain.states[1]);
  writer.close();
  write_chain(folder / "b", chain, 2);
  EXPECT_EQ(contents(folder / "a/manifest"), contents(folder / "b/manifest"));
}

TEST(ArchiveWriter, DayIsSealedOnceAndInOrder) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  for (const auto& block : chain.blocks()) writer.append(block);
  EXPECT_THROW(writer.seal_day(chain.states[1]), Error);
  writer.seal_day(chain.states[0]);
  EXPECT_EQ(writer.sealed_days(), 1U);
  EXPECT_THROW(writer.seal_day(chain.states[0]), Error);
  writer.seal_day(chain.states[1]);
  writer.close();
  EXPECT_EQ(writer.sealed_days(), 2U);
}

TEST(ArchiveWriter, DayIsPreparedBeforeItIsSealed) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  for (const auto& block : chain.days[0]) writer.append(block, 1.7e9);
  EXPECT_THROW(writer.prepare_day(chain.states[1]), Error);
  writer.prepare_day(chain.states[0]);
  writer.wait();
  EXPECT_TRUE(std::filesystem::exists(folder / "a/day-0000.h5.tmp"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a/day-0000.h5"));
  EXPECT_EQ(writer.sealed_days(), 0U);
  const auto prepared = std::filesystem::last_write_time(folder / "a/day-0000.h5.tmp");
  writer.seal_day(chain.states[0]);
  for (const auto& block : chain.days[1]) writer.append(block, 1.7e9);
  writer.seal_day(chain.states[1]);
  writer.close();
  EXPECT_EQ(std::filesystem::last_write_time(folder / "a/day-0000.h5"), prepared);
  write_chain(folder / "b", chain, 2);
  EXPECT_EQ(contents(folder / "a/manifest"), contents(folder / "b/manifest"));
}

TEST(ArchiveWriter, EvidenceAfterADayWasPreparedIsKept) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  for (const auto& block : chain.days[0]) writer.append(block);
  writer.prepare_day(chain.states[0]);
  EXPECT_TRUE(writer.append_evidence(testing::double_vote(chain, 1)));
  writer.seal_day(chain.states[0]);
  writer.close();
  EXPECT_EQ(ArchiveReader(folder / "a").evidence().size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(folder / "a/day-0000.h5"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a/journal-0001"));  // it is in the segment
}

TEST(ArchiveWriter, DayThatCouldNotBePreparedIsSealed) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  for (const auto& block : chain.days[0]) writer.append(block);
  std::filesystem::create_directories(folder / "a/day-0000.h5.tmp/in the way");
  writer.prepare_day(chain.states[0]);
  writer.wait();
  EXPECT_TRUE(std::filesystem::exists(folder / "a/day-0000.h5.tmp/in the way"));
  std::filesystem::remove_all(folder / "a/day-0000.h5.tmp");
  writer.seal_day(chain.states[0]);
  writer.close();
  EXPECT_TRUE(std::filesystem::exists(folder / "a/day-0000.h5"));
}

TEST(ArchiveWriter, DayThatWasOnlyPreparedIsNotPartOfTheArchive) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto writer = create(folder / "a", chain);
  for (const auto& block : chain.days[0]) writer.append(block);
  writer.prepare_day(chain.states[0]);
  writer.close();
  EXPECT_FALSE(std::filesystem::exists(folder / "a/day-0000.h5.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder / "a/journal-0000"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a/journal-0001"));
  ArchiveReader reader(folder / "a");
  while (reader.next()) {
  }
  EXPECT_EQ(reader.height(), chain.days[0].size());
}

TEST(ArchiveWriter, ForeignSignerIsRefused) {
  const auto chain = make_chain();
  const TestFolder folder;
  EXPECT_THROW(ArchiveWriter::create(folder / "a", chain.genesis, chain.validator_keys[1]),
               InputError);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(ArchiveWriter, SealedFilesAreReproducible) {
  const auto chain = make_chain();
  const TestFolder folder;
  write_chain(folder / "a", chain, 2);
  write_chain(folder / "b", chain, 2);
  for (const auto* name : {"genesis.bin", "manifest", "day-0000.h5", "day-0001.h5"}) {
    EXPECT_EQ(contents(folder / "a" / name), contents(folder / "b" / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "a/journal-0002"));
}

TEST(ArchiveWriter, TenHomesStayUnderFourPointSixKilobytesABlock) {
  testing::ChainSize size;
  size.prosumers = 10;
  size.meters = 10;
  size.slots = 24;
  size.days = 1;
  size.iterations = 160;
  const auto chain = make_chain(size);
  const TestFolder folder;
  write_chain(folder / "a", chain, 1);
  const auto per_block = folder_bytes(folder / "a") / chain.blocks().size();
  RecordProperty("bytes_per_block", static_cast<int>(per_block));
  EXPECT_LT(per_block, 4600U);
  EXPECT_GT(per_block, 3000U) << "the synthetic numbers no longer look like signatures and prices";
}

}  // namespace gridtally::archive
