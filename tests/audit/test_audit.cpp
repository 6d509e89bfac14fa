#include <gtest/gtest.h>

#include "audit/audit.hpp"
#include "audit/forgery.hpp"
#include "audit/private_replay.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"

namespace gridtally::audit {
namespace {

using testing::make_small_run;
using testing::small_days;

Report audit_private(const TestFolder& folder, std::uint32_t& replayed) {
  PrivateReplay replay(folder / "private");
  Options options;
  options.companion = replay.companion();
  auto report = audit_archive(folder / "archive", options);
  replay.describe(report);
  replayed = report.meters_replayed;
  return report;
}

std::string text_of(const Report& report) { return report.fault ? describe(*report.fault) : "-"; }

TEST(Audit, CleanRunIsSound) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto report = audit_archive(folder / "archive");
  ASSERT_EQ(report.verdict, Verdict::sound) << text_of(report);
  EXPECT_EQ(report.outcome, ledger::Outcome::completed);
  EXPECT_EQ(report.blocks, run.blocks.size());
  EXPECT_EQ(report.transactions, 2 * run.blocks.size());
  // Of each block: the proposer, at least a quorum of three precommits; of each day both meters.
  EXPECT_GE(report.signatures, 4 * run.blocks.size() + 2 * small_days);
  Options every;
  every.every_signature = true;
  EXPECT_EQ(audit_archive(folder / "archive", every).signatures,
            report.signatures + 2 * (run.blocks.size() - small_days));
  EXPECT_EQ(report.head, run.blocks.back().certificate.block_hash);
  EXPECT_EQ(report.days.size(), small_days);
}

TEST(Audit, PrivateReplayOfACleanRunIsSoundAndCertifiesTheOptimum) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  std::uint32_t replayed = 0;
  const auto report = audit_private(folder, replayed);
  ASSERT_EQ(report.verdict, Verdict::sound) << text_of(report);
  EXPECT_EQ(replayed, 2U);
  for (const auto& day : report.days) {
    EXPECT_TRUE(day.settled);
    EXPECT_LT(day.cost, day.cost_alone);
    EXPECT_LE(day.bound, day.cost + 1e-9);
    EXPECT_LT(day.gap, 1e-4);
  }
}

TEST(Audit, PairwiseFormIsSoundToo) {
  testing::SmallRunOptions options;
  options.form = market::Form::pairwise;
  const auto run = make_small_run(options);
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  std::uint32_t replayed = 0;
  const auto report = audit_private(folder, replayed);
  EXPECT_EQ(report.verdict, Verdict::sound) << text_of(report);
}

TEST(Audit, AnyNumberOfThreadsGivesTheSameReport) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto one = audit_archive(folder / "archive", {1, {}, {}});
  const auto five = audit_archive(folder / "archive", {5, {}, {}});
  EXPECT_EQ(one.verdict, five.verdict);
  EXPECT_EQ(one.head, five.head);
  EXPECT_EQ(one.signatures, five.signatures);
}

TEST(Audit, ReplaysOnlyTheMetersGiven) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  std::filesystem::remove(folder / "private" / archive::private_file_name(0));
  std::uint32_t replayed = 0;
  const auto report = audit_private(folder, replayed);
  EXPECT_EQ(report.verdict, Verdict::sound) << text_of(report);
  EXPECT_EQ(replayed, 1U);
}

TEST(Audit, NoPrivateFileAtAllIsNotAuditable) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  std::uint32_t replayed = 0;
  const auto report = audit_private(folder, replayed);
  EXPECT_EQ(report.verdict, Verdict::not_auditable);
  EXPECT_EQ(report.blocks, run.blocks.size());  // the public part was audited all the same
}

TEST(Audit, NoArchiveIsNotAuditable) {
  TestFolder folder;
  const auto report = audit_archive(folder / "archive");
  EXPECT_EQ(report.verdict, Verdict::not_auditable);
  EXPECT_FALSE(report.has_genesis);
}

TEST(Audit, RunThatDidNotConvergeIsSoundAndNamed) {
  testing::SmallRunOptions options;
  options.max_iterations = 3;
  const auto run = make_small_run(options);
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto report = audit_archive(folder / "archive");
  EXPECT_EQ(report.verdict, Verdict::sound) << text_of(report);
  EXPECT_EQ(report.outcome, ledger::Outcome::not_converged);
  ASSERT_EQ(report.days.size(), 1U);
  EXPECT_FALSE(report.days[0].converged);
}

TEST(Audit, JournalIsAuditedLikeSegments) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run, 1);
  const auto report = audit_archive(folder / "archive");
  EXPECT_EQ(report.verdict, Verdict::sound) << text_of(report);
  EXPECT_EQ(report.outcome, ledger::Outcome::completed);
}

TEST(Audit, JournalTailCutIsNamedAsNotFinished) {
  const auto run = make_small_run();
  TestFolder folder;
  testing::write_archive(folder / "archive", run, 1);
  const auto journal = folder / "archive" / "journal-0001";
  std::filesystem::resize_file(journal, std::filesystem::file_size(journal) - 10);
  const auto report = audit_archive(folder / "archive");
  EXPECT_EQ(report.verdict, Verdict::sound) << text_of(report);
  EXPECT_EQ(report.outcome, ledger::Outcome::running);
  EXPECT_EQ(report.blocks, run.blocks.size() - 1);
  EXPECT_GT(report.cut_bytes, 0U);
}

TEST(Audit, LyingMeterIsFoundWithItsPrivateFileOnly) {
  testing::SmallRunOptions options;
  options.before_signing = [](ledger::Transaction& transaction) {
    if (transaction.turn.height == 7 && transaction.meter == 1) {
      transaction.decisions[0].numbers[4] += 0.25;
    }
  };
  const auto run = make_small_run(options);
  TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  EXPECT_EQ(audit_archive(folder / "archive").verdict, Verdict::sound);
  std::uint32_t replayed = 0;
  const auto report = audit_private(folder, replayed);
  ASSERT_EQ(report.verdict, Verdict::unsound);
  EXPECT_EQ(report.fault->height, 7U);
  EXPECT_EQ(report.fault->meter, 1U);
  EXPECT_EQ(report.fault->prosumer, 2U);
  EXPECT_EQ(report.fault->slot, 4U);
  EXPECT_EQ(report.blocks, 6U);
}

}  // namespace
}  // namespace gridtally::audit
