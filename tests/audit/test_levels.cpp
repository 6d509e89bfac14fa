// Archives that leave decisions out: what the audit can still prove, what it says of that, and what
// it finds.
#include <gtest/gtest.h>

#include "audit/audit.hpp"
#include "audit/forgery.hpp"
#include "audit/private_replay.hpp"
#include "base/test_folder.hpp"
#include "ledger/carried_state.hpp"
#include "market/clearing.hpp"

namespace gridtally::audit {
namespace {

using testing::SmallRun;

constexpr archive::Iterates final_only{0};

const SmallRun& small_run() {
  static const SmallRun run = testing::make_small_run();
  return run;
}

Report audit_public(const TestFolder& folder) { return audit_archive(folder / "archive"); }

Report audit_private(const TestFolder& folder, Depth depth = Depth::solves) {
  PrivateReplay replay(folder / "private", depth);
  Options options;
  options.companion = replay.companion();
  auto report = audit_archive(folder / "archive", options);
  if (report.verdict == Verdict::sound) replay.describe(report);
  return report;
}

std::string text(const Report& report) { return report.fault ? describe(*report.fault) : "sound"; }

/// Both days at this level.
void expect_level(const Report& report, const archive::Iterates& kept, bool regenerated) {
  ASSERT_EQ(report.verdict, Verdict::sound) << text(report);
  ASSERT_EQ(report.days.size(), testing::small_days);
  for (const auto& day : report.days) {
    EXPECT_EQ(day.left_out, day.iterations - kept.kept(day.iterations)) << day.day;
    EXPECT_EQ(day.regenerated, regenerated) << day.day;
  }
}

TEST(Levels, ThinnedDaysAreProvenWithoutPrivateFiles) {
  for (const auto form : {market::Form::collapsed, market::Form::pairwise}) {
    testing::SmallRunOptions options;
    options.form = form;
    const auto run = testing::make_small_run(options);
    const TestFolder whole;
    testing::write_archive(whole / "archive", run);
    const auto expected = audit_public(whole);
    expect_level(expected, {}, false);
    EXPECT_EQ(level(expected.days[0]), "contract re-executed");
    for (const std::uint32_t every : {7U, 0U}) {
      const TestFolder folder;
      testing::write_archive(folder / "archive", run, testing::small_days, {every});
      const auto report = audit_public(folder);
      expect_level(report, {every}, false);
      EXPECT_EQ(report.head, expected.head);
      EXPECT_EQ(report.signatures, expected.signatures);
      EXPECT_EQ(report.transactions, expected.transactions);
      EXPECT_EQ(report.days[1].cost, expected.days[1].cost);
      EXPECT_EQ(report.days[1].bound, expected.days[1].bound);
    }
  }
}

TEST(Levels, TheLevelSaysHowManyIterationsAreMissing) {
  DaySummary day;
  day.iterations = 103;
  day.left_out = 96;
  EXPECT_EQ(level(day),
            "signed: 96 of 103 iterations left out, result proven against the signed state root");
  day.regenerated = true;
  EXPECT_EQ(
      level(day),
      "contract re-executed, 96 of 103 iterations regenerated from private files: every solve "
      "and step bit for bit");
}

TEST(Levels, AllPrivateFilesMakeEverythingAgain) {
  for (const auto form : {market::Form::collapsed, market::Form::pairwise}) {
    testing::SmallRunOptions options;
    options.form = form;
    const auto run = testing::make_small_run(options);
    for (const std::uint32_t every : {7U, 0U}) {
      const TestFolder folder;
      testing::write_archive(folder / "archive", run, testing::small_days, {every});
      testing::write_private(folder / "private", run);
      const auto report = audit_private(folder);
      expect_level(report, {every}, true);
      EXPECT_EQ(report.meters_replayed, 2U);
      EXPECT_TRUE(report.days[1].certified);
    }
  }
}

TEST(Levels, LateDecisionsAreMadeAgainToo) {
  testing::SmallRunOptions options;
  options.staleness = 2;
  options.behind = [](std::uint32_t k) { return k > 2 && k % 5 == 0 ? 1U : 0U; };
  const auto run = testing::make_small_run(options);
  const TestFolder folder;
  testing::write_archive(folder / "archive", run, testing::small_days, final_only);
  testing::write_private(folder / "private", run);
  expect_level(audit_public(folder), final_only, false);
  expect_level(audit_private(folder), final_only, true);
}

TEST(Levels, SomePrivateFilesCertifyButMakeNothingAgain) {
  const TestFolder folder;
  testing::write_archive(folder / "archive", small_run(), testing::small_days, final_only);
  testing::write_private(folder / "private", small_run());
  std::filesystem::remove(folder / "private" / archive::private_file_name(0));
  const auto report = audit_private(folder);
  expect_level(report, final_only, false);
  EXPECT_EQ(report.meters_certified, 1U);
  EXPECT_EQ(report.meters_replayed, 0U);
}

TEST(Levels, WithoutSolvesNothingIsMadeAgain) {
  const TestFolder folder;
  testing::write_archive(folder / "archive", small_run(), testing::small_days, final_only);
  testing::write_private(folder / "private", small_run());
  const auto report = audit_private(folder, Depth::certificate);
  expect_level(report, final_only, false);
  EXPECT_TRUE(report.days[0].certified);
  EXPECT_EQ(report.meters_replayed, 0U);
}

/// An archive that keeps the last iterations only, changed by who can sign the manifest.
class ThinnedTampering : public ::testing::Test {
 protected:
  ThinnedTampering() {
    testing::write_archive(folder_ / "archive", small_run(), testing::small_days, final_only);
    testing::write_private(folder_ / "private", small_run());
  }
  void change_real(const std::string& dataset, std::size_t index, double change) {
    testing::add_to_real(folder_ / "archive/day-0000.h5", dataset, index, change);
    sign();
  }
  void change_byte(const std::string& dataset, std::size_t index, std::uint64_t change) {
    testing::add_to_unsigned(folder_ / "archive/day-0000.h5", dataset, index, change);
    sign();
  }
  void sign() { testing::sign_manifest_again(folder_ / "archive", small_run().validator_keys[0]); }
  void expect_fault(const Report& report, std::uint64_t height, const std::string& what) {
    ASSERT_EQ(report.verdict, Verdict::unsound);
    EXPECT_EQ(report.fault->height, height) << text(report);
    EXPECT_NE(text(report).find(what), std::string::npos) << text(report);
  }
  /// Of day 0's last iteration; its rounds follow.
  static std::uint64_t last_iteration() {
    return static_cast<std::uint64_t>(small_run().day_ends[0].iterate.iteration);
  }

  TestFolder folder_;
};

TEST_F(ThinnedTampering, RowsRootOfALeftOutTransaction) {
  change_byte("/trading/rows_root", 4 * 2 * 32 + 7, 1);  // iteration 5, meter 0
  expect_fault(audit_public(folder_), 5, "/blocks/hash");
}

TEST_F(ThinnedTampering, DecisionThatIsKept) {
  change_byte("/trading/decision", 3, 2);
  expect_fault(audit_public(folder_), last_iteration(), "/blocks/hash");
}

TEST_F(ThinnedTampering, IterateCarriedOver) {
  change_real("/carried/iterate", 20, 1e-9);
  expect_fault(audit_public(folder_), last_iteration(), "state root");
}

TEST_F(ThinnedTampering, GlobalsCarriedOver) {
  change_byte("/carried/globals", 50, 1);
  EXPECT_EQ(audit_public(folder_).verdict, Verdict::unsound);
}

TEST_F(ThinnedTampering, AcceptanceIsExecutedAgain) {
  change_real("/settlement/cost", 1, 1.0);
  expect_fault(audit_public(folder_), last_iteration() + 1, "/blocks/hash");
}

TEST_F(ThinnedTampering, PriceInTheResult) {
  change_real("/result/price", 2, 0.25);
  expect_fault(audit_public(folder_), small_run().day_end(0), "/result/price");
}

TEST_F(ThinnedTampering, PremiumShowsInThePrivateFilesOnly) {
  change_real("/result/premium", 0, 0.25);
  EXPECT_EQ(audit_public(folder_).verdict, Verdict::sound) << "it stands under no signature";
  std::filesystem::remove(folder_ / "private" / archive::private_file_name(1));
  expect_fault(audit_private(folder_), small_run().day_end(0), "price of the lower bound");
}

/// Where in a premium [prosumers][T] the highest of slot 0 stands.
std::size_t highest(const std::vector<double>& premium) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < premium.size(); i += testing::small_slots) {
    if (premium[i] > premium[at]) at = i;
  }
  return at;
}

/// Under limits the bound that is told is less by a rent, which follows from the premium: whose
/// price is the highest, another cent more takes the limit of each of two pairs.
TEST(Levels, UnderLimitsTheBoundOfAThinnedDayRestsOnItsPremium) {
  const std::vector<market::Arc> pairs{{0, 1, 0.5}, {0, 2, 0.5}, {1, 2, 0.5}};
  testing::SmallRunOptions options;
  options.form = market::Form::pairwise;
  options.graph = market::PartnerGraph::from_pairs(3, pairs);
  const auto run = testing::make_small_run(options);
  const TestFolder folder;
  testing::write_archive(folder / "archive", run, testing::small_days, final_only);
  testing::write_private(folder / "private", run);
  const auto told = audit_public(folder).days.at(0).bound;
  market::ClearingPrices prices{testing::small_slots, {0, 1, 2}, {}};
  prices.premium = ledger::carried_state(run.genesis, run.day_ends[0]).premium;
  const auto at = highest(prices.premium);
  prices.premium[at] += 1.0;

  const auto segment = folder / "archive" / "day-0000.h5";
  testing::add_to_real(segment, "/result/premium", at, 1.0);
  testing::sign_manifest_again(folder / "archive", run.validator_keys[0]);
  EXPECT_EQ(audit_public(folder).verdict, Verdict::unsound) << "the rent is another's";
  const auto rent = market::congestion_rent(run.genesis.terms, prices);
  testing::set_real_attribute(segment, "congestion_rent", rent);
  testing::sign_manifest_again(folder / "archive", run.validator_keys[0]);
  const auto report = audit_public(folder);
  ASSERT_EQ(report.verdict, Verdict::sound) << text(report);
  EXPECT_NEAR(report.days.at(0).bound, told - 1.0, 1e-9);
  EXPECT_EQ(audit_private(folder, Depth::certificate).verdict, Verdict::unsound);
}

/// A meter and a quorum that agree on a decision which does not follow from the private file, and
/// on a state that does not follow from the decision.
TEST_F(ThinnedTampering, CollusionInALeftOutIterationShowsWhenItIsMadeAgain) {
  auto run = testing::make_small_run();
  auto& transaction = run.at(9).block.transactions[1];
  auto content = transaction.content();
  content.decisions[0].numbers[3] += 0.5;
  transaction = ledger::sign_transaction(content, run.meter_keys[1]);
  testing::sign_chain_again(run, 9, testing::Forgers::quorum_and_meters);
  const TestFolder folder;
  testing::write_archive(folder / "archive", run, testing::small_days, final_only);
  testing::write_private(folder / "private", run);
  EXPECT_EQ(audit_public(folder).verdict, Verdict::sound) << "signed, and not executed";
  expect_fault(audit_private(folder), 9, "decision left out, made again from the private files");
}

}  // namespace
}  // namespace gridtally::audit
