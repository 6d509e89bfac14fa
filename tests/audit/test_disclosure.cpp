#include <gtest/gtest.h>

#include "audit/audit.hpp"
#include "audit/forgery.hpp"
#include "audit/private_replay.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "report/audit_report.hpp"

// One meter's private file and nothing else: meter 1, which serves prosumer 2.
namespace gridtally::audit {
namespace {

using testing::make_small_run;
using testing::SmallRun;

/// The archive in `folder`, audited with `file` alone.
Report audit_with(const TestFolder& folder, const std::filesystem::path& file,
                  Depth depth = Depth::solves) {
  PrivateReplay replay(file, depth);
  Options options;
  options.companion = replay.companion();
  auto report = audit_archive(folder / "archive", options);
  replay.describe(report);
  return report;
}

/// A copy under another name of the file that meter 1 gave away.
std::filesystem::path given_file(const TestFolder& folder, const SmallRun& run) {
  testing::write_private(folder / "private", run);
  const auto file = folder / "given-by-home-2";
  std::filesystem::copy_file(folder / "private" / archive::private_file_name(1), file);
  std::filesystem::remove_all(folder / "private");
  return file;
}

TEST(Disclosure, OneMetersFileIsReplayedAndItsTermsCertified) {
  const auto run = make_small_run();
  const TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto report = audit_with(folder, given_file(folder, run));
  ASSERT_EQ(report.verdict, Verdict::sound) << describe(*report.fault);
  EXPECT_EQ(report.meters_certified, 1U);
  EXPECT_EQ(report.meters_replayed, 1U);
  ASSERT_EQ(report.terms.size(), testing::small_days);
  for (std::uint32_t day = 0; day < testing::small_days; ++day) {
    const auto& answer = run.day_ends[day].answers[2];
    EXPECT_EQ(report.terms[day], (CertifiedTerm{2, day, answer.cost, answer.bound}));
    EXPECT_FALSE(report.days[day].certified);
  }
}

TEST(Disclosure, ReportSaysWhatWasAndWasNotEstablished) {
  const auto run = make_small_run();
  const TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto file = given_file(folder, run);
  const auto text = report::audit_text(audit_with(folder, file), "archive");
  const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has("every solve of 1 of 2 meters")) << text;
  EXPECT_TRUE(has("every solve and answer, done\nagain, bit for bit")) << text;
  EXPECT_TRUE(has("not established: whether the other 1 meter solved")) << text;
  EXPECT_TRUE(has("  day  prosumer    cost [ct]   bound [ct]\n    0         2")) << text;
  const auto shallow = report::audit_text(audit_with(folder, file, Depth::certificate), "archive");
  EXPECT_NE(shallow.find("no solve was done again"), std::string::npos) << shallow;
}

TEST(Disclosure, JsonListsTheTermsAndTheLevel) {
  const auto run = make_small_run();
  const TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto text = report::audit_json(audit_with(folder, given_file(folder, run)));
  EXPECT_NE(text.find("\"level\": \"solves\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"certified_terms\": ["), std::string::npos) << text;
  EXPECT_NE(text.find("\"prosumer\": 2"), std::string::npos) << text;
  EXPECT_EQ(text.find("\"prosumer\": 0"), std::string::npos) << text;
}

TEST(Disclosure, AMeterThatLiedIsFoundWithItsFileAlone) {
  testing::SmallRunOptions options;
  options.before_signing = [](ledger::Transaction& transaction) {
    if (transaction.turn.height == 7 && transaction.meter == 1) {
      transaction.decisions[0].numbers[4] += 0.25;
    }
  };
  const auto run = make_small_run(options);
  const TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto report = audit_with(folder, given_file(folder, run));
  ASSERT_EQ(report.verdict, Verdict::unsound);
  EXPECT_EQ(report.fault->height, 7U);
  EXPECT_EQ(report.fault->meter, 1U);
}

TEST(Disclosure, TamperedFileIsUnsoundAndNamed) {
  const auto run = make_small_run();
  const TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto file = given_file(folder, run);
  testing::add_to_real(file, "/profiles/renewable_kwh", 1, 0.25);
  const auto report = audit_with(folder, file);
  ASSERT_EQ(report.verdict, Verdict::unsound);
  EXPECT_EQ(report.fault->meter, 1U);
  EXPECT_EQ(report.fault->prosumer, 2U);
  EXPECT_EQ(report.fault->what, "commitment to the private inputs");
}

TEST(Disclosure, AnotherRunsFileIsNotAuditable) {
  const auto run = make_small_run();
  testing::SmallRunOptions options;
  options.max_iterations = 1999;
  const auto other = make_small_run(options);
  const TestFolder folder;
  testing::write_archive(folder / "archive", run);
  const auto report = audit_with(folder, given_file(folder, other));
  ASSERT_EQ(report.verdict, Verdict::not_auditable);
  EXPECT_NE(report.fault->found.find("attribute run_id: expected"), std::string::npos)
      << describe(*report.fault);
  EXPECT_EQ(report.blocks, run.blocks.size()) << "the public part is audited all the same";
}

TEST(Disclosure, AnyOtherFileIsNotAuditable) {
  const auto run = make_small_run();
  const TestFolder folder;
  testing::write_archive(folder / "archive", run);
  write_file_durably(folder / "letter", std::string("Dear auditor"));
  for (const auto& file : {folder / "letter", folder / "archive" / "day-0000.h5"}) {
    const auto report = audit_with(folder, file);
    ASSERT_EQ(report.verdict, Verdict::not_auditable) << file;
    EXPECT_EQ(report.meters_certified, 0U);
    EXPECT_NE(describe(*report.fault).find(file.string()), std::string::npos)
        << describe(*report.fault);
  }
}

}  // namespace
}  // namespace gridtally::audit
