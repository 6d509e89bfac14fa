// Archives that leave decisions out: what is read back, and what proves it.
#include <gtest/gtest.h>

#include "archive/archive_reader.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/test_folder.hpp"
#include "ledger/carried_state.hpp"

namespace gridtally::archive {

namespace {
testing::Chain long_chain(market::Form form = market::Form::collapsed) {
  testing::ChainSize size;
  size.iterations = 12;
  size.form = form;
  return testing::make_chain(size);
}

void write_thinned(const std::filesystem::path& folder, const testing::Chain& chain,
                   const Iterates& kept) {
  testing::write_chain(folder, chain, chain.days.size(), {}, kept);
}

/// Everything but the rows is as written; the rows where `iterates` keeps them.
void expect_blocks(ArchiveReader& reader, const testing::Chain& chain, const Iterates& iterates) {
  ledger::Verifier verifier;
  for (const auto& expected : chain.blocks()) {
    const auto found = reader.next();
    ASSERT_TRUE(found) << (reader.faults().empty() ? "" : describe(reader.faults()[0]));
    const auto& turn = expected.block.header.turn;
    const auto last = static_cast<std::uint64_t>(chain.states[turn.day].iterate.iteration);
    const bool keeps =
        turn.phase == ledger::Phase::settlement || iterates.keeps(turn.iteration, last);
    EXPECT_EQ(found->block.header, expected.block.header);
    EXPECT_EQ(found->certificate, expected.certificate);
    EXPECT_EQ(*found == expected, keeps);
    for (const auto& transaction : found->block.transactions) {
      EXPECT_EQ(transaction.has_rows(), keeps);
    }
    const ledger::Membership members(chain.genesis.validators, chain.genesis.vote_epoch);
    const auto bad =
        ledger::check_form(chain.genesis, reader.run_id(), members, found->block, verifier);
    EXPECT_FALSE(bad) << ledger::describe(*bad);
  }
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.faults().empty());
}
}  // namespace

TEST(Thinned, BlocksKeepTheirHashesSignaturesAndVotes) {
  for (const auto form : {market::Form::collapsed, market::Form::pairwise}) {
    const auto chain = long_chain(form);
    for (const std::uint32_t every : {1U, 5U, 0U}) {
      const TestFolder folder;
      write_thinned(folder / "a", chain, {every});
      ArchiveReader reader(folder / "a");
      expect_blocks(reader, chain, {every});
    }
  }
}

TEST(Thinned, EveryDayIsSettledAgainFromWhatItCarries) {
  for (const auto form : {market::Form::collapsed, market::Form::pairwise}) {
    const auto chain = long_chain(form);
    const TestFolder folder;
    write_thinned(folder / "a", chain, {0});
    ArchiveReader reader(folder / "a");
    ledger::Replay replay(chain.genesis);
    while (const auto found = reader.next()) {
      ASSERT_NE(reader.thinned(), nullptr);
      const auto bad = replay.check(found->block, reader.thinned().get());
      ASSERT_FALSE(bad) << ledger::describe(*bad);
      const auto& state = replay.state();
      if (!state.settled) continue;
      const auto& expected = chain.states[state.turn.day];
      EXPECT_EQ(ledger::state_root(chain.genesis, state),
                ledger::state_root(chain.genesis, expected));
      const auto result = reader.result(state.turn.day);
      ASSERT_TRUE(result);
      EXPECT_TRUE(identical(*result, day_result(chain.genesis, state)));
      EXPECT_EQ(result->carried, ledger::carried_state(chain.genesis, expected));
    }
    EXPECT_EQ(replay.state().turn.height, chain.blocks().size());
  }
}

TEST(Thinned, LateMetersAndNewValidatorsDoNotHinder) {
  testing::ChainSize size;
  size.iterations = 8;
  size.late = true;
  size.joining = 2;
  const auto chain = testing::make_chain(size);
  const TestFolder folder;
  write_thinned(folder / "a", chain, {0});
  ArchiveReader reader(folder / "a");
  ledger::Replay replay(chain.genesis);
  while (const auto found = reader.next()) {
    const auto bad = replay.check(found->block, reader.thinned().get());
    ASSERT_FALSE(bad) << ledger::describe(*bad);
  }
  EXPECT_TRUE(reader.faults().empty());
  EXPECT_EQ(replay.state().turn.height, chain.blocks().size());
}

TEST(Thinned, ADayThatDidNotSettleKeepsAll) {
  testing::ChainSize size;
  size.days = 1;
  size.converges = false;
  const auto chain = testing::make_chain(size);
  const TestFolder folder;
  write_thinned(folder / "a", chain, {0});
  ArchiveReader reader(folder / "a");
  expect_blocks(reader, chain, {1});
  EXPECT_EQ(reader.thinned(), nullptr);
}

TEST(Thinned, WholeDaysCarryNothing) {
  const auto chain = long_chain();
  const TestFolder folder;
  write_thinned(folder / "a", chain, {1});
  ArchiveReader reader(folder / "a");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.thinned(), nullptr);
  const auto result = reader.result(0);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->carried.iterate.empty());
  EXPECT_TRUE(result->carried.globals.empty());
}

TEST(Thinned, FewerIteratesTakeLessRoom) {
  testing::ChainSize size;
  size.prosumers = 12;
  size.slots = 8;
  size.iterations = 60;
  size.days = 1;
  const auto chain = testing::make_chain(size);
  const TestFolder folder;
  std::uintmax_t before = ~std::uintmax_t{0};
  for (const std::uint32_t every : {1U, 5U, 0U}) {
    const auto name = "a" + std::to_string(every);
    write_thinned(folder / name, chain, {every});
    const auto now = std::filesystem::file_size(folder / (name + "/day-0000.h5"));
    EXPECT_LT(now, before) << every;
    before = now;
  }
}

}  // namespace gridtally::archive
