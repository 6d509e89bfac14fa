#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "audit/forgery.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "base/text.hpp"
#include "ledger/benefit.hpp"

namespace gridtally::audit {
namespace {

using testing::make_small_run;

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

TEST(ProofApps, WriteAndVerifyWithoutTheArchive) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run, 1);
  const auto archive = (folder / "archive").string();
  const auto file = (folder / "bill.proof").string();
  const auto head = to_hex(run.blocks.back().certificate.block_hash);
  const auto made = run_app("inspect", archive + " --prosumer home-1 --day 0 --proof " + file);
  ASSERT_EQ(made.status, 0) << made.text;
  EXPECT_TRUE(contains(made.text, "--head " + head)) << made.text;
  const auto trade = (folder / "trade.proof").string();
  ASSERT_EQ(run_app("inspect", archive + " --prosumer 1 --day 1 --partner home-2 --proof " + trade)
                .status,
            0);
  const auto iterate = (folder / "iterate.proof").string();
  ASSERT_EQ(run_app("inspect", archive + " --prosumer 1 --block 7 --proof " + iterate).status, 0);
  const auto manifest_head = to_hex(run.blocks[run.day_end(0) - 1].certificate.block_hash);
  std::filesystem::remove_all(folder / "archive");

  const auto bill = run_app("audit", "--proof " + file + " --head " + head);
  EXPECT_EQ(bill.status, 0) << bill.text;
  EXPECT_TRUE(bill.text.starts_with("verdict: proven\n")) << bill.text;
  const auto cents = to_fixed(static_cast<double>(run.day_ends[0].bills[1]) / 1e6, 6);
  EXPECT_TRUE(contains(bill.text, "prosumer 1, day 0\n  bill " + cents + " ct")) << bill.text;
  EXPECT_FALSE(contains(bill.text, "prosumer 2"));
  write_file_durably(folder / "head", head + " of the run of Monday\n");
  const auto with = run_app("audit", "--proof " + trade + " --head " + (folder / "head").string());
  EXPECT_EQ(with.status, 0) << with.text;
  EXPECT_TRUE(contains(with.text, "with prosumer 2: bought")) << with.text;
  const auto json = run_app("audit", "--json --proof " + iterate + " --head " + head);
  EXPECT_EQ(json.status, 0) << json.text;
  EXPECT_TRUE(contains(json.text, "\"iteration\": 7")) << json.text;
  const auto other = run_app("audit", "--proof " + file + " --head " + manifest_head);
  EXPECT_EQ(other.status, 1) << other.text;
  EXPECT_TRUE(other.text.starts_with("verdict: not proven\nfailed:  its head has the hash"));
}

TEST(ProofApps, SayWhatIsMissing) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto archive = (folder / "archive").string();
  const auto file = (folder / "p").string();
  const std::string head(64, '0');
  const std::vector<std::array<std::string, 3>> misuses{
      {"inspect", archive + " --prosumer 1 --proof " + file, "--day D"},
      {"inspect", archive + " --day 1 --proof " + file, "--prosumer P"},
      {"inspect", archive + " --prosumer 1 --day 1 --partner 2", "--proof FILE"},
      {"inspect", archive + " --prosumer 1 --day 1 --partner 1 --proof " + file, "no partner"},
      {"inspect", archive + " --prosumer 1 --day 1 --block 3 --proof " + file, "one thing"},
      {"inspect",
       archive + " --prosumer 1 --block " + std::to_string(run.blocks.size()) + " --proof " + file,
       "of a settlement"},
      {"audit", "--proof " + file, "--head HASH"},
      {"audit", archive + " --proof " + file + " --head " + head, "one of both"},
      {"audit", "--proof " + file + " --head nonsense", "64 hexadecimal"},
      {"audit", "--proof " + file + " --head " + head, file},
      {"audit", "--head " + head, "ARCHIVE"}};
  for (const auto& [app, arguments, remedy] : misuses) {
    const auto outcome = run_app(app, arguments);
    EXPECT_EQ(outcome.status, 2) << arguments << '\n' << outcome.text;
    EXPECT_TRUE(contains(outcome.text, remedy)) << outcome.text;
  }
  write_file_durably(file, std::string("not a proof"));
  EXPECT_EQ(run_app("audit", "--proof " + file + " --head " + head).status, 2);
  EXPECT_EQ(run_app("inspect", archive + " --prosumer 1 --day 1 --proof " + file).status, 2);
}

TEST(AuditApp, FindsARollbackWithAHeadKeptElsewhere) {
  auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run, 1);
  const auto head = to_hex(run.blocks.back().certificate.block_hash);
  const auto archive = (folder / "archive").string();
  EXPECT_EQ(run_app("audit", archive + " --head " + head).status, 0);
  EXPECT_EQ(run_app("audit", archive + " --head " + archive).status, 0);
  run.blocks.pop_back();
  testing::write_archive(folder / "shorter", run, 1);
  const auto rolled_back = run_app("audit", (folder / "shorter").string() + " --head " + head);
  EXPECT_EQ(rolled_back.status, 1);
  EXPECT_TRUE(contains(rolled_back.text, "the head kept elsewhere")) << rolled_back.text;
}

TEST(InspectApp, ShowsAccountsPaymentsBallotsAndLateMeters) {
  testing::SmallRunOptions options;
  options.staleness = 2;
  options.behind = [](std::uint32_t k) { return k == 3 ? 1U : 0U; };
  options.ballots = [](const testing::SmallRun& run, std::uint64_t height) {
    std::vector<ledger::Ballot> ballots;
    if (height != 3) return ballots;
    ballots.push_back(ledger::sign_ballot(
        {ledger::run_id(run.genesis), 1, run.validator_keys[4].public_key(), true, 1, 1, {}},
        run.validator_keys[1]));
    return ballots;
  };
  const auto run = make_small_run(options);
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto archive = (folder / "archive").string();
  const auto late = run_app("inspect", archive + " --block 3");
  EXPECT_TRUE(contains(late.text, "meter 1 was late: its decision of iteration 2 was used"))
      << late.text;
  EXPECT_TRUE(contains(
      late.text,
      "validator 1: let in " + to_hex(run.validator_keys[4].public_key().bytes).substr(0, 32)))
      << late.text;
  const auto last = run_app("inspect", archive + " --block " + std::to_string(run.day_end(0)));
  EXPECT_TRUE(contains(last.text, " pays home-")) << last.text;
  const auto total = run_app("inspect", archive);
  const auto balance = [&](std::size_t day, std::size_t u, int digits) {
    return to_fixed(static_cast<double>(run.day_ends[day].balances[u]) / 1e6, digits);
  };
  EXPECT_TRUE(contains(total.text, balance(1, 1, 2))) << total.text;
  const auto home = run_app("inspect", archive + " --prosumer home-1 --day 0");
  EXPECT_TRUE(contains(home.text, "account opened with 10000.000000 ct")) << home.text;
  EXPECT_TRUE(contains(home.text, "balance " + balance(0, 1, 6) + " ct")) << home.text;
  const auto json = run_app("inspect", archive + " --json --block 3");
  EXPECT_TRUE(contains(json.text, "\"accounts\"")) << json.text;
  EXPECT_TRUE(contains(json.text, "\"decided\": 2")) << json.text;
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

TEST(KeygenApp, MakesAndShowsTheKeysOfOneHostAlone) {
  TestFolder folder;
  const auto keys = (folder / "keys").string();
  const auto made =
      run_app("keygen", keys + " --meters 2 --first-meter 9 --validators 1 --first-validator 4");
  ASSERT_EQ(made.status, 0) << made.text;
  const auto shown = run_app("keygen", keys + " --public");
  ASSERT_EQ(shown.status, 0) << shown.text;
  std::vector<std::string> names;
  for (const auto line : split(shown.text, '\n')) {
    if (!line.empty()) names.emplace_back(line.substr(0, line.find(' ')));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"meter-00009", "meter-00010", "validator-4"}));
  const auto secret = read_text(folder / "keys" / "meter-00009.key");
  EXPECT_FALSE(contains(shown.text, secret.substr(secret.size() - 65, 64)));
}

TEST(KeygenApp, ShowsNothingOfAFolderThatIsNotThere) {
  const auto shown = run_app("keygen", "nowhere --public");
  EXPECT_EQ(shown.status, 2);
  EXPECT_TRUE(contains(shown.text, "'nowhere' is not a folder of keys")) << shown.text;
}

TEST(KeygenApp, AsksForBothCounts) {
  const auto outcome = run_app("keygen", "somewhere");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(contains(outcome.text, "--meters")) << outcome.text;
  EXPECT_TRUE(contains(outcome.text, "--validators")) << outcome.text;
}

}  // namespace
}  // namespace gridtally::audit
