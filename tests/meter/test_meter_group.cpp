#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "audit/small_run.hpp"
#include "base/text.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::meter {
namespace {

using archive::PrivateFile;
using archive::PrivateProsumer;
using audit::testing::SmallRun;

/// Three homes, two meters, two days of six slots (tests/audit/small_run.hpp), before the run.
SmallRun fresh_run() {
  SmallRun run;
  run.meter_keys = audit::testing::small_keys(1, 2);
  run.validator_keys = audit::testing::small_keys(2, 4);
  run.private_files = audit::testing::small_private_files(run.meter_keys);
  run.genesis = audit::testing::small_genesis(run, {});
  return run;
}

struct InputChange {
  const char* name;
  std::function<void(PrivateProsumer&)> make;
};

void nudge(double& value) { value += 1e-9; }

const std::vector<InputChange>& input_changes() {
  static const std::vector<InputChange> changes{
      {"index", [](auto& p) { ++p.prosumer; }},
      {"name", [](auto& p) { p.parameters.name += "x"; }},
      {"battery_min", [](auto& p) { nudge(p.parameters.battery_min); }},
      {"battery_max", [](auto& p) { nudge(p.parameters.battery_max); }},
      {"battery_initial", [](auto& p) { nudge(p.parameters.battery_initial); }},
      {"charge_max", [](auto& p) { nudge(p.parameters.charge_max); }},
      {"discharge_max", [](auto& p) { nudge(p.parameters.discharge_max); }},
      {"battery_efficiency", [](auto& p) { nudge(p.parameters.battery_efficiency); }},
      {"grid_max", [](auto& p) { nudge(p.parameters.grid_max); }},
      {"discomfort_weight", [](auto& p) { nudge(p.parameters.discomfort_weight); }},
      {"wear_cost", [](auto& p) { nudge(p.parameters.wear_cost); }},
      {"renewable", [](auto& p) { nudge(p.renewable.back()); }},
      {"inflexible", [](auto& p) { nudge(p.inflexible.front()); }},
      {"flexible_reference", [](auto& p) { nudge(p.flexible_reference.back()); }},
      {"flexible_min", [](auto& p) { nudge(p.flexible_min.front()); }},
      {"flexible_max", [](auto& p) { nudge(p.flexible_max.back()); }},
      {"swapped series", [](auto& p) { std::swap(p.renewable, p.inflexible); }},
  };
  return changes;
}

TEST(EncodeInputs, EveryInputChangesBytesAndCommitment) {
  const auto home = audit::testing::small_home(1);
  const ledger::Digest salt_key{7};
  std::set<std::string> encodings{to_hex(encode_inputs(home))};
  std::set<ledger::Digest> commitments{input_commitment(salt_key, home)};
  for (const auto& change : input_changes()) {
    auto changed = home;
    change.make(changed);
    EXPECT_TRUE(encodings.insert(to_hex(encode_inputs(changed))).second) << change.name;
    EXPECT_TRUE(commitments.insert(input_commitment(salt_key, changed)).second) << change.name;
  }
}

TEST(EncodeInputs, SchedulesAreNoInput) {
  auto home = audit::testing::small_home(0);
  const auto before = encode_inputs(home);
  home.schedules.resize(1);
  EXPECT_EQ(encode_inputs(home), before);
}

TEST(InputCommitment, DependsOnTheSaltKey) {
  const auto home = audit::testing::small_home(0);
  EXPECT_NE(input_commitment(ledger::Digest{1}, home), input_commitment(ledger::Digest{2}, home));
}

TEST(EncodePoint, EverySeriesChangesTheBytes) {
  qp::Solution point;
  const std::vector<std::vector<double>*> series{&point.grid,    &point.renewable, &point.flexible,
                                                 &point.charge,  &point.discharge, &point.stored,
                                                 &point.reserve, &point.net_trade};
  for (auto* each : series) each->assign(3, 1.0);
  std::set<std::string> encodings{to_hex(encode_point(point))};
  for (auto* each : series) {
    each->back() = 2.0;
    EXPECT_TRUE(encodings.insert(to_hex(encode_point(point))).second);
    each->back() = 1.0;
  }
  point.peak = 1.0;
  EXPECT_TRUE(encodings.insert(to_hex(encode_point(point))).second);
}

/// Everything that the meters say in a whole run, by turn, when `groups` prepare it; their files
/// with the schedules of all days.
struct Said {
  std::vector<std::vector<ledger::Transaction>> turns;
  std::vector<ledger::ContractState> states;
  std::vector<PrivateFile> files;
};

Said whole_run(const SmallRun& run, std::vector<MeterGroup>& groups) {
  Said said;
  std::vector<std::vector<PrivateFile>> files;
  for (const auto& group : groups) files.push_back(group.files());
  auto state = ledger::initial_state(run.genesis);
  while (ledger::outcome(run.genesis, state) == ledger::Outcome::running) {
    ledger::Block block;
    said.turns.emplace_back();
    for (auto& group : groups) {
      for (auto& transaction : group.prepare(state)) {
        said.turns.back().push_back(transaction);
        const auto& key = run.meter_keys[transaction.meter];
        block.transactions.push_back(ledger::sign_transaction(std::move(transaction), key));
      }
    }
    state = ledger::apply(run.genesis, state, block);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      EXPECT_EQ(groups[i].observe(state), state.settled);
      if (state.settled) audit::testing::add_day(groups[i], files[i]);
    }
    said.states.push_back(state);
  }
  for (const auto& part : files) said.files.insert(said.files.end(), part.begin(), part.end());
  return said;
}

Said in_one_group(const SmallRun& run, int lanes) {
  std::vector<MeterGroup> groups;
  groups.emplace_back(run.genesis, run.private_files, lanes);
  return whole_run(run, groups);
}

Said in_one_group_a_meter(const SmallRun& run) {
  std::vector<MeterGroup> groups;
  for (const auto& file : run.private_files) {
    groups.emplace_back(run.genesis, std::vector<PrivateFile>{file});
  }
  return whole_run(run, groups);
}

void expect_same_schedules(const Said& a, const Said& b) {
  ASSERT_EQ(a.files.size(), b.files.size());
  for (std::size_t m = 0; m < a.files.size(); ++m) {
    ASSERT_EQ(a.files[m].prosumers.size(), b.files[m].prosumers.size());
    for (std::size_t i = 0; i < a.files[m].prosumers.size(); ++i) {
      EXPECT_EQ(a.files[m].prosumers[i].schedules, b.files[m].prosumers[i].schedules);
    }
  }
}

TEST(MeterGroup, ResultDoesNotDependOnTheSplit) {
  const SmallRun run = fresh_run();
  const Said together = in_one_group(run, 0);
  const Said apart = in_one_group_a_meter(run);
  ASSERT_GT(together.turns.size(), 10U);
  EXPECT_EQ(together.turns, apart.turns);
  expect_same_schedules(together, apart);
}

TEST(MeterGroup, ResultDoesNotDependOnLanes) {
  const SmallRun run = fresh_run();
  const Said one = in_one_group(run, 1);
  for (const int lanes : {2, 0}) {
    const Said more = in_one_group(run, lanes);
    EXPECT_EQ(one.turns, more.turns) << lanes;
    expect_same_schedules(one, more);
  }
}

TEST(MeterGroup, TransactionsAreOneAMeterWithItsRowsInOrder) {
  const SmallRun run = fresh_run();
  MeterGroup group(run.genesis, run.private_files);
  const auto transactions = group.prepare(ledger::initial_state(run.genesis));
  EXPECT_EQ(group.prosumers(), 3U);
  ASSERT_EQ(transactions.size(), 2U);
  EXPECT_EQ(transactions[0].meter, 0U);
  ASSERT_EQ(transactions[0].decisions.size(), 2U);
  EXPECT_EQ(transactions[0].decisions[1].prosumer, 1U);
  ASSERT_EQ(transactions[1].decisions.size(), 1U);
  EXPECT_EQ(transactions[1].decisions[0].prosumer, 2U);
  EXPECT_TRUE(transactions[1].acceptances.empty());
}

TEST(MeterGroup, ObserveAdoptsTheSchedulesOfASettledDay) {
  const SmallRun run = fresh_run();
  const Said said = in_one_group(run, 0);
  for (const auto& file : said.files) {
    for (const auto& prosumer : file.prosumers) {
      ASSERT_EQ(prosumer.schedules.size(), audit::testing::small_days);
      const auto& [first, second] = std::tie(prosumer.schedules[0], prosumer.schedules[1]);
      EXPECT_EQ(first.battery_start, prosumer.parameters.battery_initial);
      EXPECT_EQ(second.battery_start, first.stored.back());
      const auto& state = said.states.back();
      const auto* own =
          state.net_trades.data() + std::size_t{prosumer.prosumer} * audit::testing::small_slots;
      EXPECT_EQ(second.net_trade, std::vector(own, own + audit::testing::small_slots));
    }
  }
}

TEST(MeterGroup, ObserveOfATradingBlockChangesNothing) {
  const SmallRun run = fresh_run();
  MeterGroup group(run.genesis, run.private_files);
  auto state = ledger::initial_state(run.genesis);
  ledger::Block block;
  for (auto& transaction : group.prepare(state)) {
    const auto& key = run.meter_keys[transaction.meter];
    block.transactions.push_back(ledger::sign_transaction(std::move(transaction), key));
  }
  state = ledger::apply(run.genesis, state, block);
  EXPECT_FALSE(group.observe(state));
  EXPECT_TRUE(group.take_day().empty());
}

TEST(MeterGroup, KeepsOneDayAndNoOther) {
  const SmallRun run = fresh_run();
  MeterGroup group(run.genesis, run.private_files);
  auto state = ledger::initial_state(run.genesis);
  std::vector<std::size_t> days;
  while (ledger::outcome(run.genesis, state) == ledger::Outcome::running) {
    ledger::Block block;
    for (auto& transaction : group.prepare(state)) {
      const auto& key = run.meter_keys[transaction.meter];
      block.transactions.push_back(ledger::sign_transaction(std::move(transaction), key));
    }
    state = ledger::apply(run.genesis, state, block);
    if (group.observe(state)) days.push_back(state.turn.day);
  }
  EXPECT_EQ(days.size(), audit::testing::small_days);
  for (const auto& file : group.files()) {
    for (const auto& prosumer : file.prosumers) EXPECT_TRUE(prosumer.schedules.empty());
  }
  const auto last = group.take_day();
  EXPECT_EQ(last.size(), group.prosumers());
  const auto all = in_one_group(run, 0);
  EXPECT_EQ(last.at(2), all.files[1].prosumers[0].schedules.back());
  EXPECT_TRUE(group.take_day().empty());
}

TEST(MeterGroup, SchedulesInTheFilesGivenAreIgnored) {
  SmallRun run = fresh_run();
  const Said clean = in_one_group(run, 0);
  run.private_files = clean.files;
  const Said again = in_one_group(run, 0);
  EXPECT_EQ(clean.turns, again.turns);
  expect_same_schedules(clean, again);
}

}  // namespace
}  // namespace gridtally::meter
