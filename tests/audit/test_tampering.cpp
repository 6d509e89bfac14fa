#include <gtest/gtest.h>

#include <functional>

#include "audit/audit.hpp"
#include "audit/forgery.hpp"
#include "audit/private_replay.hpp"
#include "base/test_folder.hpp"

namespace gridtally::audit {
namespace {

using testing::SmallRun;

struct Stage {
  std::filesystem::path archive;
  std::filesystem::path private_folder;
  const SmallRun& run;
};

/// Where the fault must be found: the places given must be named.
struct Place {
  std::optional<std::uint64_t> height;
  std::optional<std::uint32_t> meter;
  std::optional<std::uint32_t> prosumer;
  std::optional<std::uint32_t> day;
  std::optional<std::uint32_t> slot;
  std::string file;
  std::string what;  ///< part of it
};

struct Tampering {
  std::string name;
  std::function<void(SmallRun&)> forge;    ///< before the archive is written; may be empty
  std::function<void(const Stage&)> edit;  ///< after; may be empty
  Place place;
  std::size_t sealed = testing::small_days;
};

void PrintTo(const Tampering& tampering, std::ostream* out) { *out << tampering.name; }

/// A change to one dataset of day 0's segment, by someone who can sign the manifest.
std::function<void(const Stage&)> real_in_segment(std::string dataset, std::size_t index) {
  return [=](const Stage& stage) {
    testing::add_to_real(stage.archive / "day-0000.h5", dataset, index, 0.25);
    testing::sign_manifest_again(stage.archive, stage.run.validator_keys[0]);
  };
}

std::function<void(const Stage&)> real_in_private_file(std::string dataset, std::size_t index) {
  return [=](const Stage& stage) {
    testing::add_to_real(stage.private_folder / "meter-00000.h5", dataset, index, 0.25);
  };
}

std::vector<Tampering> ledger_tamperings() {
  return {
      {"DecisionBit",
       [](SmallRun& run) {
         testing::change_transaction(run, 9, 1, [](ledger::Transaction& transaction) {
           transaction.decisions[0].numbers[3] += 1e-12;
         });
         testing::sign_chain_again(run, 9);
       },
       {},
       {9, 1, {}, 0, {}, "", "meter signature"}},
      {"MeterSignature",
       [](SmallRun& run) {
         auto& transaction = run.at(9).block.transactions[0];
         auto signature = transaction.signature();
         signature.bytes[5] ^= 1;
         transaction = ledger::SignedTransaction(transaction.content(), signature);
         testing::sign_chain_again(run, 9);
       },
       {},
       {9, 0, {}, 0, {}, "", "meter signature"}},
      {"ProposerSignature",
       [](SmallRun& run) { run.at(12).block.proposer_signature.bytes[0] ^= 1; },
       {},
       {12, {}, {}, 0, {}, "", "proposer's signature"}},
      {"ProposerOutOfTurn",
       [](SmallRun& run) {
         auto& proposer = run.at(12).block.header.proposer;
         proposer = (proposer + 1) % 4;
         testing::sign_chain_again(run, 12);
       },
       {},
       {12, {}, {}, 0, {}, "", "proposer"}},
      {"VoteBelowQuorum",
       [](SmallRun& run) { run.at(20).certificate.precommits.resize(2); },
       {},
       {20, {}, {}, 0, {}, "", "quorum"}},
      {"VoteSignature",
       [](SmallRun& run) { run.at(20).certificate.precommits[1].signature.bytes[9] ^= 1; },
       {},
       {20, {}, {}, 0, {}, "", "precommit's signature"}},
      {"StateRoot",
       [](SmallRun& run) {
         run.at(15).block.header.state_root[0] ^= 1;
         testing::sign_chain_again(run, 15);
       },
       {},
       {15, {}, {}, 0, {}, "", "state root"}},
      {"Residual",
       [](SmallRun& run) {
         run.at(15).block.header.residual *= 0.5;
         testing::sign_chain_again(run, 15);
       },
       {},
       {15, {}, {}, 0, {}, "", "residual"}},
      {"StopTest",
       [](SmallRun& run) {
         run.at(15).block.header.converged = true;
         testing::sign_chain_again(run, 15);
       },
       {},
       {15, {}, {}, 0, {}, "", "converged"}},
      {"Payment",
       [](SmallRun& run) {
         const auto height = run.day_end(0);
         run.at(height).block.payments.at(0).amount += 1;
         testing::sign_chain_again(run, height);
       },
       {},
       {{}, {}, {}, 0, {}, "", "payments"}},
      {"PaymentLeftOut",
       [](SmallRun& run) {
         const auto height = run.day_end(0);
         run.at(height).block.payments.pop_back();
         testing::sign_chain_again(run, height);
       },
       {},
       {{}, {}, {}, 0, {}, "", "payments"}},
      {"BallotOfAStranger",
       [](SmallRun& run) {
         const auto& key = run.validator_keys[4];
         run.at(9).block.ballots = {ledger::sign_ballot(
             {ledger::run_id(run.genesis), 4, key.public_key(), true, 1, 1, {}}, key)};
         testing::sign_chain_again(run, 9);
       },
       {},
       {9, {}, {}, 0, {}, "", "ballot's signature"}},
      {"BallotSignature",
       [](SmallRun& run) {
         auto ballot = ledger::sign_ballot(
             {ledger::run_id(run.genesis), 1, run.validator_keys[4].public_key(), true, 1, 1, {}},
             run.validator_keys[1]);
         ballot.signature.bytes[1] ^= 1U;
         run.at(9).block.ballots = {ballot};
         testing::sign_chain_again(run, 9);
       },
       {},
       {9, {}, {}, 0, {}, "", "ballot's signature"}},
      {"BlockInTheJournal",
       [](SmallRun& run) {
         const auto height = run.day_end(0) + 3;
         run.at(height).block.header.state_root[0] ^= 1;
         testing::sign_chain_again(run, height);
       },
       {},
       {{}, {}, {}, 1, {}, "", "state root"},
       1},
  };
}

std::vector<Tampering> file_tamperings() {
  return {
      // [arc][slot]: arc 3 is home 1 with home 2.
      {"TradeInResult",
       {},
       real_in_segment("/result/trade", 3 * 6 + 4),
       {{}, {}, 1, 0, 4, "day-0000.h5", "/result/trade with 2"}},
      {"PriceInResult",
       {},
       real_in_segment("/result/price", 2),
       {{}, {}, 0, 0, 2, "day-0000.h5", "/result/price with 1"}},
      {"NetTradeInResult",
       {},
       real_in_segment("/result/net_trade", 6 + 5),
       {{}, {}, 1, 0, 5, "day-0000.h5", "/result/net_trade"}},
      {"BalanceInResult",
       {},
       [](const Stage& stage) {
         testing::add_to_integer(stage.archive / "day-0000.h5", "/result/balance", 1, 1);
         testing::sign_manifest_again(stage.archive, stage.run.validator_keys[0]);
       },
       {{}, {}, 1, 0, {}, "day-0000.h5", "/result/balance"}},
      {"CostInResult",
       {},
       real_in_segment("/result/cost", 2),
       {{}, {}, 2, 0, {}, "day-0000.h5", "/result/cost"}},
      {"BillInResult",
       {},
       [](const Stage& stage) {
         testing::add_to_integer(stage.archive / "day-0000.h5", "/result/bill", 1, 1);
         testing::sign_manifest_again(stage.archive, stage.run.validator_keys[0]);
       },
       {{}, {}, 1, 0, {}, "day-0000.h5", "/result/bill"}},
      // Steps [prosumer][slot][iteration]: iteration 5 is height 5.
      {"DecisionInSegment",
       {},
       [](const Stage& stage) {
         testing::add_to_unsigned(stage.archive / "day-0000.h5", "/trading/decision", 4, 2);
         testing::sign_manifest_again(stage.archive, stage.run.validator_keys[0]);
       },
       {5, {}, {}, {}, {}, "day-0000.h5", "block"}},
      {"TariffInSegment",
       {},
       real_in_segment("/tariff/grid_price", 1),
       {1, {}, {}, {}, {}, "day-0000.h5", "segment"}},
      {"SegmentWithoutSignature",
       {},
       [](const Stage& stage) {
         testing::add_to_real(stage.archive / "day-0001.h5", "/result/cost", 0, 1.0);
       },
       {{}, {}, {}, {}, {}, "day-0001.h5", "segment checksum"}},
      {"SegmentsSwapped",
       {},
       [](const Stage& stage) {
         const auto first = stage.archive / "day-0000.h5";
         const auto second = stage.archive / "day-0001.h5";
         std::filesystem::rename(first, stage.archive / "aside");
         std::filesystem::rename(second, first);
         std::filesystem::rename(stage.archive / "aside", second);
         testing::sign_manifest_again(stage.archive, stage.run.validator_keys[0]);
       },
       {1, {}, {}, {}, {}, "day-0000.h5", "segment"}},
      {"SegmentRemoved",
       {},
       [](const Stage& stage) { std::filesystem::remove(stage.archive / "day-0001.h5"); },
       {{}, {}, {}, {}, {}, "day-0001.h5", "segment"}},
      {"GenesisChanged",
       {},
       [](const Stage& stage) {
         testing::replace_in_file(stage.archive / "genesis.bin", "home-1", "home-7");
       },
       {0, {}, {}, {}, {}, "genesis.bin", "genesis hash"}},
      {"ManifestEdited",
       {},
       [](const Stage& stage) {
         testing::replace_in_file(stage.archive / "manifest", "day-0001.h5", "day-0002.h5");
       },
       {{}, {}, {}, {}, {}, "manifest", "manifest signature"}},
      {"ManifestOfAnotherSigner",
       {},
       [](const Stage& stage) {
         testing::sign_manifest_again(stage.archive, stage.run.validator_keys[1]);
       },
       {{}, {}, {}, {}, {}, "manifest", "manifest signature"}},
  };
}

std::vector<Tampering> private_tamperings() {
  return {
      // [prosumer][day][slot]: the second home of meter 0.
      {"PrivateProfile",
       {},
       real_in_private_file("/profiles/inflexible_kwh", 12 + 3),
       {0, 0, 1, {}, {}, "meter-00000.h5", "commitment to the private inputs"}},
      {"PrivateParameter",
       {},
       real_in_private_file("/parameters/grid_max_kwh", 0),
       {0, 0, 0, {}, {}, "meter-00000.h5", "commitment to the private inputs"}},
      {"PrivateSchedule",
       {},
       real_in_private_file("/schedules/grid", 12 + 6 + 2),
       {{}, 0, 1, 1, 2, "meter-00000.h5", "/schedules/grid"}},
      {"PrivateCost",
       {},
       real_in_private_file("/schedules/cost", 1),
       {{}, 0, 0, 1, {}, "meter-00000.h5", "/schedules/cost"}},
      {"PrivateScheduleMissing",
       [](SmallRun& run) {
         for (auto& home : run.private_files[1].prosumers) home.schedules.pop_back();
       },
       {},
       {{}, 1, {}, 1, {}, "meter-00001.h5", "days with a schedule"}},
  };
}

std::vector<Tampering> all_tamperings() {
  auto all = ledger_tamperings();
  for (auto& tampering : file_tamperings()) all.push_back(std::move(tampering));
  for (auto& tampering : private_tamperings()) all.push_back(std::move(tampering));
  return all;
}

template <typename Number>
void expect_place(const char* name, const std::optional<Number>& expected,
                  const std::optional<Number>& found) {
  if (!expected) return;
  EXPECT_EQ(expected, found) << name;
}

class TamperedArchive : public ::testing::TestWithParam<Tampering> {};

TEST_P(TamperedArchive, IsUnsoundAndThePlaceIsNamed) {
  const auto& tampering = GetParam();
  auto run = testing::make_small_run();
  if (tampering.forge) tampering.forge(run);
  TestFolder folder;
  testing::write_archive(folder / "archive", run, tampering.sealed);
  testing::write_private(folder / "private", run);
  if (tampering.edit) tampering.edit({folder / "archive", folder / "private", run});

  PrivateReplay replay(folder / "private");
  Options options;
  options.companion = replay.companion();
  const auto report = audit_archive(folder / "archive", options);

  ASSERT_EQ(report.verdict, Verdict::unsound);
  const auto& fault = *report.fault;
  SCOPED_TRACE(describe(fault));
  const auto& place = tampering.place;
  expect_place("height", place.height, fault.height);
  expect_place("meter", place.meter, fault.meter);
  expect_place("prosumer", place.prosumer, fault.prosumer);
  expect_place("day", place.day, fault.day);
  expect_place("slot", place.slot, fault.slot);
  EXPECT_NE(fault.what.find(place.what), std::string::npos);
  EXPECT_EQ(fault.file, place.file);
  EXPECT_FALSE(fault.expected.empty() && fault.found.empty());
  if (fault.height.value_or(0) > 0) {
    EXPECT_LT(report.blocks, *fault.height);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, TamperedArchive, ::testing::ValuesIn(all_tamperings()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace gridtally::audit
