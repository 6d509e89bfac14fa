#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "audit/forgery.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "ledger/benefit.hpp"

namespace gridtally::audit {
namespace {

using testing::make_small_run;
using testing::TestFolder;

struct Outcome {
  int status = -1;
  std::string text;  ///< standard output and error
};

/// Runs gridtally-`app`; arguments are not quoted.
Outcome run_app(const std::string& app, const std::string& arguments) {
  const std::string command =
      std::string(GRIDTALLY_BIN_DIR) + "/gridtally-" + app + " " + arguments + " 2>&1";
  Outcome outcome;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> piece{};
  while (const auto got = std::fread(piece.data(), 1, piece.size(), pipe)) {
    outcome.text.append(piece.data(), got);
  }
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(AuditApp, EndsWithZeroWhenSound) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  const auto outcome = run_app(
      "audit", (folder / "archive").string() + " --private " + (folder / "private").string());
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.text.starts_with("verdict: sound\n")) << outcome.text;
  EXPECT_TRUE(contains(outcome.text, "2 of 2 meters")) << outcome.text;
  EXPECT_TRUE(contains(outcome.text, "complete: 2 of 2 days settled")) << outcome.text;
}

TEST(AuditApp, CertifiesWithoutASolver) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  const auto archive = (folder / "archive").string();
  const auto files = " --private " + (folder / "private").string();
  const auto text = run_app("audit", archive + files + " --no-solve");
  EXPECT_EQ(text.status, 0);
  EXPECT_TRUE(contains(text.text, "no solves, of 2 of 2 meters")) << text.text;
  EXPECT_TRUE(contains(text.text, "2 days certified without a solver")) << text.text;
  const auto json = run_app("audit", archive + files + " --no-solve --json");
  EXPECT_TRUE(contains(json.text, "\"meters_certified\": 2")) << json.text;
  EXPECT_TRUE(contains(json.text, "\"meters_replayed\": 0")) << json.text;
  EXPECT_TRUE(contains(json.text, "\"certified_days\": 2")) << json.text;
  const auto alone = run_app("audit", archive + " --no-solve");
  EXPECT_EQ(alone.status, 2);
  EXPECT_TRUE(contains(alone.text, "--private DIR")) << alone.text;
}

TEST(AuditApp, EndsWithOneWhenUnsoundAndNamesTheHeight) {
  auto run = make_small_run();
  run.at(20).certificate.precommits.resize(2);
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto archive = (folder / "archive").string();
  const auto outcome = run_app("audit", archive + " --quiet --threads 2");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.text,
            "verdict: unsound\nfirst fault: height 20, day 0: certificate's quorum: expected at "
            "least 3, found 2\n");
  const auto json = run_app("audit", archive + " --json");
  EXPECT_EQ(json.status, 1);
  EXPECT_TRUE(contains(json.text, "\"verdict\": \"unsound\"")) << json.text;
  EXPECT_TRUE(contains(json.text, "\"height\": 20")) << json.text;
}

TEST(AuditApp, EndsWithTwoWhenNotAuditableOrMisused) {
  TestFolder folder;
  const auto absent = run_app("audit", (folder / "absent").string());
  EXPECT_EQ(absent.status, 2);
  EXPECT_TRUE(absent.text.starts_with("verdict: not auditable\n")) << absent.text;
  EXPECT_EQ(run_app("audit", "").status, 2);
  const auto run = make_small_run();
  testing::write_archive(folder / "archive", run);
  const auto no_files = run_app(
      "audit", (folder / "archive").string() + " --private " + (folder / "absent").string());
  EXPECT_EQ(no_files.status, 2);
}

TEST(InspectApp, JsonHasHeadPairsAndDays) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run, 1);
  const auto outcome = run_app("inspect", (folder / "archive").string() + " --json");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  const auto height = std::to_string(run.blocks.size());
  EXPECT_TRUE(contains(outcome.text, "\"height\": " + height)) << outcome.text;
  EXPECT_TRUE(contains(outcome.text,
                       "\"head\": \"" + to_hex(run.blocks.back().certificate.block_hash) + "\""));
  EXPECT_TRUE(contains(outcome.text, "\"prosumers\": 3"));
  EXPECT_TRUE(contains(outcome.text, "\"pairs\": 3"));
  const auto totals = ledger::day_totals(run.day_ends[1]);
  EXPECT_TRUE(contains(outcome.text, "\"cost\": " + to_text(totals.cost))) << outcome.text;
}

TEST(InspectApp, ShowsProsumerByNameWithScheduleAndBlock) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  const auto archive = (folder / "archive").string();
  const auto home = run_app(
      "inspect", archive + " --prosumer home-1 --day 1 --private " + (folder / "private").string());
  EXPECT_EQ(home.status, 0);
  EXPECT_TRUE(contains(home.text, "home-2")) << home.text;
  EXPECT_TRUE(contains(home.text, "stored")) << home.text;
  const auto block = run_app("inspect", archive + " --block 3");
  EXPECT_EQ(block.status, 0);
  EXPECT_TRUE(contains(block.text, to_hex(run.blocks[2].certificate.block_hash))) << block.text;
}

TEST(InspectApp, SaysWhoPaysMoreThanAloneAndShowsEveryProsumer) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  const auto archive = (folder / "archive").string();
  const auto benefits = ledger::benefits(run.genesis, run.day_ends[1]);
  const auto totals = run_app("inspect", archive);
  EXPECT_TRUE(contains(totals.text, "    1  " + ledger::losers_text(run.genesis, benefits, 5)))
      << totals.text;
  const auto table = run_app(
      "inspect", archive + " --prosumers --day 1 --private " + (folder / "private").string());
  EXPECT_EQ(table.status, 0);
  EXPECT_TRUE(contains(table.text, "curtailed")) << table.text;
  for (const auto& benefit : benefits) {
    EXPECT_TRUE(contains(table.text, to_fixed(benefit.cost_at_own_prices, 2))) << table.text;
  }
  const auto& schedule = run.private_files[0].prosumers[1].schedules[1];
  const double peak = *std::max_element(schedule.grid.begin(), schedule.grid.end());
  EXPECT_TRUE(contains(table.text, to_fixed(peak, 2))) << table.text;
  std::filesystem::remove(folder / "private" / archive::private_file_name(1));
  const auto partly = run_app(
      "inspect", archive + " --prosumers --day 1 --private " + (folder / "private").string());
  EXPECT_EQ(partly.status, 0);
  EXPECT_TRUE(contains(partly.text, "          -        -")) << partly.text;
  const auto nothing =
      run_app("inspect", archive + " --prosumers --private " + (folder / "absent").string());
  EXPECT_EQ(nothing.status, 2);
  const auto json = run_app("inspect", archive + " --prosumers --json");
  for (const auto& benefit : benefits) {
    EXPECT_TRUE(
        contains(json.text, "\"cost_at_own_prices\": " + to_text(benefit.cost_at_own_prices)))
        << json.text;
  }
  EXPECT_TRUE(contains(json.text, "\"losers_by_day\"")) << json.text;
}

TEST(InspectApp, EndsWithOneWhenTheArchiveIsDamagedAndShowsWhatStandsBefore) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  std::filesystem::remove(folder / "archive" / "day-0001.h5");
  const auto outcome = run_app("inspect", (folder / "archive").string());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.text, "read up to height " + std::to_string(run.day_end(0))))
      << outcome.text;
  EXPECT_TRUE(contains(outcome.text, "1 of 2 days settled")) << outcome.text;
}

TEST(InspectApp, SaysWhatWouldBeValid) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto archive = (folder / "archive").string();
  const auto prosumer = run_app("inspect", archive + " --prosumer nobody");
  EXPECT_EQ(prosumer.status, 2);
  EXPECT_TRUE(contains(prosumer.text, "home-0, home-1, home-2")) << prosumer.text;
  const auto block = run_app("inspect", archive + " --block 100000");
  EXPECT_EQ(block.status, 2);
  EXPECT_TRUE(contains(block.text, "heights 1 to")) << block.text;
  const auto day = run_app("inspect", archive + " --day 2");
  EXPECT_EQ(day.status, 2);
  EXPECT_TRUE(contains(day.text, "days 0 to 1")) << day.text;
}

TEST(KeygenApp, WritesKeysOnceAndNeverShowsThem) {
  TestFolder folder;
  const auto keys = folder / "keys";
  const auto made = run_app("keygen", keys.string() + " --meters 2 --validators 1");
  ASSERT_EQ(made.status, 0) << made.text;
  for (const char* name : {"meter-00000.key", "meter-00001.key", "validator-0.key"}) {
    const auto secret = read_text(keys / name);
    const auto seed = secret.substr(secret.size() - 65, 64);
    EXPECT_FALSE(contains(made.text, seed));
    EXPECT_EQ(std::filesystem::status(keys / name).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  std::filesystem::remove(keys / "meter-00000.key");
  const auto again = run_app("keygen", keys.string() + " --meters 2 --validators 1");
  EXPECT_EQ(again.status, 2);
  EXPECT_TRUE(contains(again.text, "meter-00001.key: exists already")) << again.text;
  EXPECT_TRUE(contains(again.text, "validator-0.key: exists already")) << again.text;
  EXPECT_FALSE(std::filesystem::exists(keys / "meter-00000.key"));
}

TEST(KeygenApp, AsksForBothCounts) {
  const auto outcome = run_app("keygen", "somewhere");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(contains(outcome.text, "--meters")) << outcome.text;
  EXPECT_TRUE(contains(outcome.text, "--validators")) << outcome.text;
}

}  // namespace
}  // namespace gridtally::audit
