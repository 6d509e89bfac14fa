#include <gtest/gtest.h>

#include "audit/agreement.hpp"
#include "audit/audit.hpp"
#include "audit/forgery.hpp"
#include "audit/meter_crew.hpp"
#include "audit/private_replay.hpp"
#include "audit/report_codec.hpp"
#include "base/test_folder.hpp"

namespace gridtally::audit {
namespace {

using testing::make_small_run;
using testing::SmallRun;

/// The whole report, but for who did it in what time.
ledger::Bytes content(Report report) {
  report.seconds = 0.0;
  report.threads = report.processes = 1;
  return encode(report);
}

Report audit_alone(const TestFolder& folder, const Share& share) {
  PrivateReplay replay(folder / "private", Depth::solves, share, 1);
  Options options;
  options.threads = 1;
  options.share = share;
  options.companion = replay.companion();
  auto report = audit_archive(folder / "archive", options);
  replay.describe(report);
  return report;
}

/// One process after the other. What they say at the start of the private part, each alone would
/// say as well; their reports are put together at the end.
Report audit_shared(const TestFolder& folder, std::uint32_t count) {
  std::vector<ledger::Bytes> words;
  Report last;
  for (std::uint32_t index = 0; index < count; ++index) {
    const auto own = [](const ledger::Bytes& word) { return std::vector<ledger::Bytes>{word}; };
    last = audit_alone(folder, Share{index, count, own});
    words.push_back(encode(last));
  }
  return merge_reports(Share{0, count, [&](const ledger::Bytes&) { return words; }}, last);
}

struct Forgery {
  const char* name;
  std::function<void(SmallRun&)> forge;
  const char* what;  ///< part of the finding; empty: sound
};
void PrintTo(const Forgery& forgery, std::ostream* out) { *out << forgery.name; }

void flip_meter_signature(SmallRun& run, std::uint64_t height) {
  auto& transaction = run.at(height).block.transactions[0];
  auto signature = transaction.signature();
  signature.bytes[5] ^= 1;
  transaction = ledger::SignedTransaction(transaction.content(), signature);
}

class SharedAudit : public ::testing::TestWithParam<Forgery> {};

TEST_P(SharedAudit, ReportsWhatOneProcessDoes) {
  auto run = make_small_run();
  GetParam().forge(run);
  const TestFolder folder;
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  const auto serial = audit_alone(folder, Share{});
  const std::string found = serial.fault ? describe(*serial.fault) : "";
  ASSERT_NE(found.find(GetParam().what), std::string::npos) << found;
  ASSERT_EQ(found.empty(), serial.verdict == Verdict::sound);
  for (const std::uint32_t count : {1U, 2U, 3U, 5U}) {
    const auto shared = audit_shared(folder, count);
    EXPECT_EQ(content(shared), content(serial))
        << count << " processes: " << (shared.fault ? describe(*shared.fault) : "sound");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forgeries, SharedAudit,
    ::testing::Values(
        Forgery{"None", [](SmallRun&) {}, ""},
        Forgery{"SignatureOfOneBlock",
                [](SmallRun& run) {
                  flip_meter_signature(run, 9);
                  testing::sign_chain_again(run, 9);
                },
                "height 9, meter 0, day 0: meter signature"},
        // The second is another process's, and comes later.
        Forgery{"SignaturesOfTwoBlocks",
                [](SmallRun& run) {
                  flip_meter_signature(run, 14);
                  flip_meter_signature(run, 11);
                  testing::sign_chain_again(run, 11);
                },
                "height 11, meter 0, day 0: meter signature"},
        Forgery{"StateRootBeforeASignature",
                [](SmallRun& run) {
                  run.at(8).block.header.state_root[3] ^= 1;
                  flip_meter_signature(run, 9);
                  testing::sign_chain_again(run, 8);
                },
                "height 8, day 0: state root"},
        Forgery{"SignatureAndStateRootOfOneBlock",
                [](SmallRun& run) {
                  run.at(8).block.header.state_root[3] ^= 1;
                  flip_meter_signature(run, 8);
                  testing::sign_chain_again(run, 8);
                },
                "height 8, meter 0, day 0: meter signature"},
        Forgery{"ScheduleKeptByTheSecondMeter",
                [](SmallRun& run) { run.private_files[1].prosumers[0].schedules[1].cost += 1.0; },
                "meter 1, prosumer 2, day 1"},
        Forgery{"SchedulesKeptByBothMeters",
                [](SmallRun& run) {
                  run.private_files[1].prosumers[0].schedules[0].cost += 1.0;
                  run.private_files[0].prosumers[1].schedules[0].cost += 1.0;
                },
                "meter 0, prosumer 1, day 0"},
        Forgery{"Precommits", [](SmallRun& run) { run.at(20).certificate.precommits.resize(2); },
                "height 20, day 0: certificate's quorum"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Agreement, AnUnreadableFileComesBeforeWrongInputs) {
  Finding wrong;
  wrong.what = "wrong inputs of meter 0";
  Finding unread;
  unread.verdict = Verdict::not_auditable;
  unread.what = "unreadable file of meter 5";
  const std::vector<ledger::Bytes> words{encode(std::optional<Finding>()),
                                         encode(std::optional(wrong)),
                                         encode(std::optional(unread))};
  const Share share{0, 3, [&](const ledger::Bytes&) { return words; }};
  EXPECT_EQ(agree(share, {})->what, unread.what);
  EXPECT_EQ(agree(Share{}, wrong)->what, wrong.what);
}

TEST(MeterCrew, SaysWhatOneGroupOfAllMetersSays) {
  const auto run = make_small_run();
  MeterCrew crew(run.genesis, run.private_files, 2, 1);
  meter::MeterGroup group(run.genesis, run.private_files);
  auto state = ledger::initial_state(run.genesis);
  for (const auto& committed : run.blocks) {
    EXPECT_EQ(crew.prepare(state), group.prepare(state));
    state = ledger::apply(run.genesis, state, committed.block);
    EXPECT_EQ(crew.observe(state), group.observe(state));
    EXPECT_EQ(crew.take_day(), group.take_day());
  }
}

TEST(SharedAudit, NamesEveryUnfinishedFile) {
  auto run = make_small_run();
  for (auto& file : run.private_files) {
    for (auto& home : file.prosumers) home.schedules.pop_back();
  }
  const TestFolder folder;
  testing::write_archive(folder / "archive", run, 1);
  testing::write_private(folder / "private", run);
  const auto serial = audit_alone(folder, Share{});
  ASSERT_EQ(serial.verdict, Verdict::sound) << describe(*serial.fault);
  EXPECT_EQ(serial.unfinished, (std::vector<UnfinishedFile>{{0, 1}, {1, 1}}));
  for (const std::uint32_t count : {2U, 3U}) {
    EXPECT_EQ(content(audit_shared(folder, count)), content(serial)) << count;
  }
}

TEST(SharedAudit, NamesNoUnfinishedFileBesideAFault) {
  testing::SmallRunOptions options;
  options.days = 6;
  options.slots = 2;
  auto run = make_small_run(options);
  run.blocks.resize(run.day_end(2));
  for (auto& home : run.private_files[0].prosumers) home.schedules.resize(2);  // a day behind
  for (auto& home : run.private_files[1].prosumers) home.schedules.resize(5);  // two ahead
  const TestFolder folder;
  testing::write_archive(folder / "archive", run, 1);
  testing::write_private(folder / "private", run);
  const auto serial = audit_alone(folder, Share{});
  ASSERT_EQ(serial.verdict, Verdict::unsound);
  EXPECT_TRUE(serial.unfinished.empty());
  for (const std::uint32_t count : {2U, 3U}) {
    EXPECT_EQ(content(audit_shared(folder, count)), content(serial)) << count;
  }
}

}  // namespace
}  // namespace gridtally::audit
