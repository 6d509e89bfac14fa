#include <gtest/gtest.h>

#include "audit/small_run.hpp"
#include "base/error.hpp"
#include "meter/retrace.hpp"

namespace gridtally::meter {
namespace {

using audit::testing::SmallRun;

/// Three homes, two meters, two days (tests/audit/small_run.hpp): its blocks, the state before
/// each, and the private files after it.
struct Told {
  SmallRun run;
  std::vector<ledger::Block> blocks;
  std::vector<ledger::ContractState> before;
  std::vector<archive::PrivateFile> files;
};

Told told_run() {
  Told out;
  out.run.meter_keys = audit::testing::small_keys(1, 2);
  out.run.validator_keys = audit::testing::small_keys(2, 4);
  out.run.private_files = audit::testing::small_private_files(out.run.meter_keys);
  out.run.genesis = audit::testing::small_genesis(out.run, {});
  out.files = out.run.private_files;
  MeterGroup group(out.run.genesis, out.run.private_files);
  auto state = ledger::initial_state(out.run.genesis);
  while (ledger::outcome(out.run.genesis, state) == ledger::Outcome::running) {
    ledger::Block block;
    block.header.turn = ledger::next_turn(out.run.genesis, state);
    for (auto& transaction : group.prepare(state)) {
      const auto& key = out.run.meter_keys[transaction.meter];
      block.transactions.push_back(ledger::sign_transaction(std::move(transaction), key));
    }
    out.before.push_back(state);
    state = ledger::apply(out.run.genesis, state, block);
    out.blocks.push_back(std::move(block));
    if (group.observe(state)) audit::testing::add_day(group, out.files);
  }
  return out;
}

const Told& told() {
  static const Told run = told_run();
  return run;
}

/// Goes through all blocks from `first_day` on; what does not agree.
std::string retraced(MeterGroup& group, std::uint32_t first_day,
                     const std::vector<ledger::Block>& blocks) {
  const auto& genesis = told().run.genesis;
  Retrace retrace(genesis, group);
  try {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (blocks[i].header.turn.day < first_day) continue;
      retrace.prepare(told().before[i]);
      retrace.compare(blocks[i]);
      group.observe(ledger::apply(genesis, told().before[i], told().blocks[i]));
    }
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// Of every battery at the end of `day`, as told.
std::vector<double> levels_after(std::uint32_t day) {
  std::vector<double> levels;
  for (const auto& file : told().files) {
    for (const auto& prosumer : file.prosumers) {
      levels.push_back(prosumer.schedules.at(day).stored.back());
    }
  }
  return levels;
}

ledger::SignedTransaction changed(const ledger::SignedTransaction& from,
                                  const std::function<void(ledger::Transaction&)>& change) {
  auto content = from.content();
  change(content);
  return {content, from.signature()};
}

TEST(Retrace, AgreesWithWhatWasSaid) {
  MeterGroup group(told().run.genesis, told().run.private_files);
  EXPECT_EQ(retraced(group, 0, told().blocks), "");
}

TEST(Retrace, GoesOnFromRestoredDays) {
  MeterGroup group(told().run.genesis, told().run.private_files);
  group.restore(levels_after(0));
  EXPECT_EQ(retraced(group, 1, told().blocks), "");
  const auto second = group.take_day();
  EXPECT_EQ(second.at(0), told().files[0].prosumers[0].schedules[1]);
  EXPECT_EQ(second.at(2), told().files[1].prosumers[0].schedules[1]);
}

TEST(Retrace, OtherBatteryLevelsAreNoticed) {
  auto levels = levels_after(0);
  for (auto& level : levels) level += 0.01;
  MeterGroup group(told().run.genesis, told().run.private_files);
  group.restore(levels);
  EXPECT_NE(retraced(group, 1, told().blocks).find("says something else than it did"),
            std::string::npos);
}

TEST(Retrace, NamesMeterHeightAndWhatDiffers) {
  auto blocks = told().blocks;
  const double now = blocks[2].transactions[1].content().decisions[0].numbers[3];
  blocks[2].transactions[1] = changed(blocks[2].transactions[1], [](auto& transaction) {
    transaction.decisions[0].numbers[3] = 7.5;
  });
  MeterGroup group(told().run.genesis, told().run.private_files);
  const auto message = retraced(group, 0, blocks);
  EXPECT_TRUE(
      message.starts_with("meter 1 at height 3 (day 0, iteration 3) says something else "
                          "than it did: prosumer 2: number 3 is "))
      << message;
  EXPECT_NE(message.find(", was 7.5"), std::string::npos) << message << " now " << now;
}

TEST(Retrace, ATransactionOfAnotherTurnIsNoticed) {
  auto blocks = told().blocks;
  blocks[2].transactions[0] = blocks[1].transactions[0];
  MeterGroup group(told().run.genesis, told().run.private_files);
  EXPECT_NE(retraced(group, 0, blocks).find("nothing of that turn"), std::string::npos);
}

TEST(Retrace, MetersElsewhereAreNotCompared) {
  auto blocks = told().blocks;
  blocks[2].transactions[1] = changed(blocks[2].transactions[1], [](auto& transaction) {
    transaction.decisions[0].numbers[3] = 7.5;
  });
  MeterGroup first(told().run.genesis, {told().run.private_files[0]});
  EXPECT_EQ(retraced(first, 0, blocks), "");
}

}  // namespace
}  // namespace gridtally::meter
