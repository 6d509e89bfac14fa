#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "archive/private_days.hpp"
#include "archive/private_sample.hpp"
#include "audit/forgery.hpp"
#include "audit/private_files.hpp"
#include "audit/private_replay.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "report/audit_report.hpp"

// Schedules read some days at a time, beside the whole files.
namespace gridtally::audit {
namespace {

using testing::make_small_run;
using testing::SmallRun;
using testing::SmallRunOptions;

constexpr std::size_t no_room = 1;  // a day at a time
constexpr std::uint32_t many_days = 12;

/// The small run's three homes and two meters, with made-up schedules of one slot.
SmallRun many_day_run(std::uint32_t settled = many_days) {
  SmallRun run;
  SmallRunOptions options;
  options.days = many_days;
  options.slots = 1;
  run.meter_keys = testing::small_keys(1, 2);
  run.validator_keys = testing::small_keys(2, 5);
  run.private_files = testing::small_private_files(run.meter_keys, options);
  run.genesis = testing::small_genesis(run, options);
  for (auto& file : run.private_files) {
    file.run_id = ledger::run_id(run.genesis);
    for (auto& home : file.prosumers) {
      home.schedules =
          archive::testing::make_prosumer(home.prosumer, many_days, 1, settled).schedules;
    }
  }
  return run;
}

/// Every day of `found` is that of `run`, and after the last there is none.
void expect_days(PrivateFiles& found, const SmallRun& run) {
  ASSERT_EQ(found.meters().size(), run.private_files.size());
  for (std::uint32_t day = 0; day < many_days; ++day) {
    ASSERT_FALSE(found.go_to(day));
    for (std::size_t i = 0; i < run.private_files.size(); ++i) {
      const auto& homes = run.private_files[i].prosumers;
      for (std::size_t row = 0; row < homes.size(); ++row) {
        const auto* schedule = found.schedule(i, row, day);
        ASSERT_NE(schedule, nullptr) << day;
        EXPECT_EQ(*schedule, homes[row].schedules[day]) << day;
      }
    }
  }
  EXPECT_FALSE(found.go_to(many_days));
  EXPECT_EQ(found.schedule(0, 0, many_days), nullptr);
}

TEST(PrivateFiles, GiveEveryDayHoweverManyAreInMemory) {
  const auto run = many_day_run();
  const TestFolder folder;
  testing::write_private(folder / "private", run);
  const std::size_t day = 3 * (12 * (8 + 40) + 64);  // [bytes] of three homes
  for (const std::size_t room : {no_room, 2 * day, 3 * day, 5 * day, 100 * day}) {
    PrivateFiles found(folder / "private", run.genesis, room);
    ASSERT_FALSE(found.open({}));
    EXPECT_EQ(found.days(0), many_days);
    EXPECT_TRUE(found.meters()[0].prosumers[0].schedules.empty());
    EXPECT_EQ(found.meters()[1].prosumers[0].inflexible,
              run.private_files[1].prosumers[0].inflexible);
    expect_days(found, run);
    expect_days(found, run);  // and again from the first
  }
}

TEST(PrivateFiles, GoOnIntoTheFileOfDays) {
  const auto run = many_day_run();
  const TestFolder folder;
  testing::write_private(folder / "private", many_day_run(5));
  for (const auto& meter : run.private_files) {
    auto file = File::create(folder / "private" / archive::private_days_name(meter.meter), 0600);
    const auto homes = static_cast<std::uint32_t>(meter.prosumers.size());
    file.write(archive::encode(
        archive::PrivateDaysHeader{meter.run_id, meter.meter, homes, meter.slots, 5}));
    for (std::uint32_t day = 5; day < many_days; ++day) {
      archive::PrivateDay schedules;
      for (const auto& home : meter.prosumers) schedules.push_back(home.schedules[day]);
      file.write(archive::encode_private_day(day, schedules));
    }
    file.close();
  }
  PrivateFiles found(folder / "private", run.genesis, no_room);
  ASSERT_FALSE(found.open({}));
  expect_days(found, run);
}

TEST(PrivateFiles, ThatChangeWhileTheyAreAuditedAreNamed) {
  const auto run = many_day_run();
  const TestFolder folder;
  testing::write_private(folder / "private", run);
  PrivateFiles found(folder / "private", run.genesis, no_room);
  ASSERT_FALSE(found.open({}));
  archive::write_private_file(folder / "private", many_day_run(3).private_files[1]);
  const auto bad = found.go_to(1);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->verdict, Verdict::not_auditable);
  EXPECT_EQ(bad->meter, 1U);
  EXPECT_NE(bad->found.find("changed while it was audited: 3 days, of 12"), std::string::npos)
      << bad->found;
}

SmallRunOptions six_days_of_two_slots() {
  SmallRunOptions options;
  options.days = 6;
  options.slots = 2;
  return options;
}

SmallRun six_days() { return make_small_run(six_days_of_two_slots()); }

Report audit_with(const SmallRun& run, const TestFolder& folder, std::size_t room,
                  const std::function<void(std::uint64_t blocks)>& after = {}) {
  testing::write_archive(folder / "archive", run, 6);
  testing::write_private(folder / "private", run);
  PrivateReplay replay(folder / "private", Depth::solves, {}, 1, room);
  Options options;
  options.companion = replay.companion();
  if (after) options.progress = [&](std::uint64_t blocks, std::uint64_t) { after(blocks); };
  auto report = audit_archive(folder / "archive", options);
  replay.describe(report);
  return report;
}

TEST(PrivateFiles, AuditSaysTheSameHoweverManyDaysAreInMemory) {
  const TestFolder one;
  const TestFolder other;
  auto few = audit_with(six_days(), one, no_room);
  auto all = audit_with(six_days(), other, PrivateFiles::usual_room);
  ASSERT_EQ(few.verdict, Verdict::sound) << describe(*few.fault);
  EXPECT_EQ(few.meters_replayed, 2U);
  EXPECT_EQ(few.terms.size(), 18U);
  few.seconds = all.seconds = 0.0;
  EXPECT_EQ(report::audit_text(few, "archive"), report::audit_text(all, "archive"));
}

TEST(PrivateFiles, OneFileOfAnyNameIsReadAgainToo) {
  const auto run = many_day_run();
  const TestFolder folder;
  testing::write_private(folder / "private", run);
  std::filesystem::copy_file(folder / "private" / archive::private_file_name(1), folder / "given");
  PrivateFiles found(folder / "given", run.genesis, no_room);
  ASSERT_FALSE(found.open({}));
  ASSERT_EQ(found.meters().size(), 1U);
  for (std::uint32_t day = 0; day < many_days; ++day) {
    ASSERT_FALSE(found.go_to(day));
    EXPECT_EQ(*found.schedule(0, 0, day), run.private_files[1].prosumers[0].schedules[day]);
  }
}

TEST(PrivateFiles, OneWithFewerDaysDoesNotKeepTheOthersFromGoingOn) {
  auto run = many_day_run();
  for (auto& home : run.private_files[0].prosumers) home.schedules.resize(3);
  const TestFolder folder;
  testing::write_private(folder / "private", run);
  PrivateFiles found(folder / "private", run.genesis, no_room);
  ASSERT_FALSE(found.open({}));
  EXPECT_EQ(found.days(0), 3U);
  EXPECT_EQ(found.days(1), many_days);
  for (std::uint32_t day = 0; day < many_days; ++day) {
    ASSERT_FALSE(found.go_to(day));
    EXPECT_EQ(found.schedule(0, 0, day) != nullptr, day < 3) << day;
    EXPECT_EQ(*found.schedule(1, 0, day), run.private_files[1].prosumers[0].schedules[day]);
  }
}

/// Replaces meter 1's file by one of two days once the first block is done.
Report audit_that_loses_days(const SmallRun& run, const TestFolder& folder) {
  return audit_with(run, folder, no_room, [&](std::uint64_t blocks) {
    if (blocks != 1) return;
    auto files = testing::small_private_files(run.meter_keys, six_days_of_two_slots());
    files[1].run_id = ledger::run_id(run.genesis);
    files[1].prosumers[0].schedules = run.private_files[1].prosumers[0].schedules;
    files[1].prosumers[0].schedules.resize(2);
    archive::write_private_file(folder / "private", files[1]);
  });
}

TEST(PrivateFiles, ThatChangeMeanwhileLeaveThePublicAuditAsItIs) {
  const auto run = six_days();
  const TestFolder folder;
  const auto report = audit_that_loses_days(run, folder);
  ASSERT_EQ(report.verdict, Verdict::not_auditable);
  EXPECT_EQ(report.blocks, run.blocks.size());
  EXPECT_EQ(report.fault->day, 1U);
  EXPECT_EQ(report.fault->height, run.day_end(1));
  EXPECT_EQ(report.meters_certified, 0U);
}

TEST(PrivateFiles, ThatChangeMeanwhileHideNoFaultOfTheChain) {
  auto run = six_days();
  run.at(run.day_end(4)).certificate.precommits.resize(2);  // of three that a quorum needs
  const TestFolder folder;
  const auto report = audit_that_loses_days(run, folder);
  ASSERT_EQ(report.verdict, Verdict::unsound);
  EXPECT_EQ(report.fault->height, run.day_end(4));
}

TEST(PrivateFiles, FaultOfALateDayIsNamedHoweverFewAreInMemory) {
  for (const std::uint32_t day : {3U, 5U}) {
    auto run = six_days();
    run.private_files[1].prosumers[0].schedules[day].grid[1] += 1e-9;
    const TestFolder folder;
    const auto report = audit_with(run, folder, no_room);
    ASSERT_EQ(report.verdict, Verdict::unsound);
    EXPECT_EQ(report.fault->day, day);
    EXPECT_EQ(report.fault->prosumer, 2U);
    EXPECT_EQ(report.fault->slot, 1U);
  }
}

/// Of six days, whose private files hold `kept` by meter; the archive ends with day `settled` - 1,
/// and `sealed` of its days are.
Report audit_unfinished(std::size_t settled, std::size_t sealed, std::array<std::size_t, 2> kept,
                        Depth depth = Depth::solves, const archive::Iterates& iterates = {}) {
  auto run = six_days();
  run.blocks.resize(run.day_end(settled - 1));
  for (const std::size_t meter : {0U, 1U}) {
    for (auto& home : run.private_files[meter].prosumers) home.schedules.resize(kept[meter]);
  }
  const TestFolder folder;
  testing::write_archive(folder / "archive", run, sealed, iterates);
  testing::write_private(folder / "private", run);
  PrivateReplay replay(folder / "private", depth, {}, 1, no_room);
  Options options;
  options.companion = replay.companion();
  auto report = audit_archive(folder / "archive", options);
  replay.describe(report);
  return report;
}

std::size_t certified(const Report& report) {
  return static_cast<std::size_t>(
      std::ranges::count_if(report.days, [](const auto& day) { return day.certified; }));
}

using Unfinished = std::vector<UnfinishedFile>;

TEST(UnfinishedPrivateFiles, OfARunThatWasKilledAreSoundAndNamed) {
  struct Case {
    std::size_t settled, sealed;
    std::array<std::size_t, 2> kept;
    Unfinished named;
  };
  const Case cases[] = {
      {6, 6, {6, 6}, {}},
      {6, 5, {6, 6}, {}},
      {6, 5, {6, 5}, {{1, 5}}},          // the end is not sealed
      {4, 4, {3, 3}, {{0, 3}, {1, 3}}},  // every day is, but of a run that was to go on
      {4, 3, {1, 4}, {{0, 1}}},
      {4, 4, {4, 0}, {{1, 0}}},
      {4, 3, {5, 4}, {{0, 5}}},  // a day that the archive was still to get
  };
  for (const auto& [settled, sealed, kept, named] : cases) {
    for (const auto depth : {Depth::solves, Depth::certificate}) {
      SCOPED_TRACE(std::to_string(settled) + ' ' + std::to_string(kept[0]) + ' ' +
                   std::to_string(kept[1]));
      const auto report = audit_unfinished(settled, sealed, kept, depth);
      ASSERT_EQ(report.verdict, Verdict::sound) << describe(*report.fault);
      EXPECT_EQ(report.unfinished, named);
      EXPECT_EQ(certified(report), std::min({settled, kept[0], kept[1]}));
      EXPECT_EQ(report.terms.size(),
                2 * std::min(settled, kept[0]) + std::min(settled, kept[1]));  // homes of each
      EXPECT_EQ(report.meters_replayed, depth == Depth::solves ? 2U : 0U);
      const auto text = report::audit_text(report, "archive");
      EXPECT_EQ(text.find("was not brought to its end") == std::string::npos, named.empty());
      EXPECT_EQ(text.find("as far as their files go") == std::string::npos, named.empty());
      EXPECT_EQ(report.closed, settled == 6 && sealed == 6);
      EXPECT_EQ(text.find("not sealed") != std::string::npos, settled == 6 && sealed == 5);
    }
  }
}

TEST(UnfinishedPrivateFiles, AreSaidInTextAndJson) {
  const auto report = audit_unfinished(4, 3, {3, 2});
  const auto text = report::audit_text(report, "archive");
  EXPECT_NE(text.find("the file of meter 0 has schedules of 3 days, the archive 4 settled (1 more "
                      "file not in step)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("gridtally-solve --resume"), std::string::npos) << text;
  const auto json = report::audit_json(report);
  const auto begin = json.find("\"unfinished_private_files\"");
  ASSERT_NE(begin, std::string::npos) << json;
  EXPECT_NE(json.find("\"meter\": 1,", begin), std::string::npos) << json;
  EXPECT_NE(json.find("\"days\": 2", begin), std::string::npos) << json;
}

TEST(UnfinishedPrivateFiles, OfARunThatCameToItsEndAreUnsound) {
  const auto report = audit_unfinished(6, 6, {6, 4});
  ASSERT_EQ(report.verdict, Verdict::unsound);
  EXPECT_EQ(report.fault->file, "meter-00001.h5");
  EXPECT_EQ(report.fault->meter, 1U);
  EXPECT_EQ(report.fault->day, 4U);
  EXPECT_EQ(report.fault->found, "4");
  EXPECT_TRUE(report.unfinished.empty());
}

// A meter signs nothing of the day after before the archive has this one.
TEST(UnfinishedPrivateFiles, TwoDaysAheadOfTheArchiveShowThatItHasLostOne) {
  const auto report = audit_unfinished(3, 3, {3, 5});
  ASSERT_EQ(report.verdict, Verdict::unsound);
  EXPECT_EQ(report.fault->file, "meter-00001.h5");
  EXPECT_EQ(report.fault->day, 3U);
  EXPECT_EQ(report.fault->expected, "3, as settled");
}

TEST(UnfinishedPrivateFiles, MustHaveTheDaysThatLeaveDecisionsOut) {
  const archive::Iterates last{0};
  const auto behind = audit_unfinished(4, 2, {4, 2}, Depth::solves, last);
  EXPECT_EQ(behind.verdict, Verdict::sound) << describe(*behind.fault);
  EXPECT_EQ(behind.unfinished, (Unfinished{{1, 2}}));
  const auto lost = audit_unfinished(4, 3, {4, 2}, Depth::solves, last);
  ASSERT_EQ(lost.verdict, Verdict::unsound);
  EXPECT_EQ(lost.fault->file, "meter-00001.h5");
  EXPECT_EQ(lost.fault->day, 2U);
}

TEST(UnfinishedPrivateFiles, OfARunThatDidNotConvergeAreUnsoundOnceItIsSealed) {
  for (const bool sealed : {true, false}) {
    auto options = six_days_of_two_slots();
    options.max_iterations = 2;  // the first day ends there
    auto run = make_small_run(options);
    ASSERT_EQ(run.day_ends.size(), 1U);
    const TestFolder folder;
    testing::write_archive(folder / "archive", run, sealed ? 1 : 0);
    // A schedule of a day that was never settled.
    for (auto& home : run.private_files[1].prosumers) {
      home.schedules = six_days().private_files[1].prosumers[0].schedules;
      home.schedules.resize(1);
    }
    testing::write_private(folder / "private", run);
    PrivateReplay replay(folder / "private", Depth::solves, {}, 1, no_room);
    Options wanted;
    wanted.companion = replay.companion();
    const auto report = audit_archive(folder / "archive", wanted);
    EXPECT_EQ(report.outcome, ledger::Outcome::not_converged);
    EXPECT_EQ(report.closed, sealed);
    EXPECT_EQ(report.verdict, sealed ? Verdict::unsound : Verdict::sound);
  }
}

TEST(UnfinishedPrivateFiles, AreCheckedAsFarAsTheyGo) {
  auto run = six_days();
  run.blocks.resize(run.day_end(4));
  run.private_files[1].prosumers[0].schedules[3].cost += 1e-9;
  for (auto& home : run.private_files[0].prosumers) home.schedules.resize(3);
  const TestFolder folder;
  const auto report = audit_with(run, folder, no_room);
  ASSERT_EQ(report.verdict, Verdict::unsound);
  EXPECT_EQ(report.fault->meter, 1U);
  EXPECT_EQ(report.fault->day, 3U);
}

}  // namespace
}  // namespace gridtally::audit
