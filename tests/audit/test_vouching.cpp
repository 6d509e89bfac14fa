// A meter's later word vouches for its earlier ones: what an audit that checks no more signatures
// than that still finds, and what it leaves to --every-signature.
#include <gtest/gtest.h>

#include "audit/audit.hpp"
#include "audit/forgery.hpp"
#include "base/test_folder.hpp"

namespace gridtally::audit {
namespace {

using testing::Forgers;
using testing::small_days;
using testing::SmallRun;

void forge_signature(SmallRun& run, std::uint64_t height, std::uint32_t meter) {
  auto& transaction = run.at(height).block.transactions[meter];
  auto signature = transaction.signature();
  signature.bytes[5] ^= 1U;
  transaction = ledger::SignedTransaction(transaction.content(), signature);
}

std::string audited(const SmallRun& run, bool every = false, std::size_t sealed = small_days) {
  const TestFolder folder;
  testing::write_archive(folder / "archive", run, sealed);
  Options options;
  options.every_signature = every;
  const auto report = audit_archive(folder / "archive", options);
  EXPECT_EQ(report.fault.has_value(), report.verdict != Verdict::sound);
  return report.fault ? describe(*report.fault) : "";
}

SmallRun forged(std::uint64_t height, std::uint32_t meter, Forgers forgers) {
  auto run = testing::make_small_run();
  forge_signature(run, height, meter);
  testing::sign_chain_again(run, height, forgers);
  return run;
}

std::string bad_signature(std::uint64_t height, std::uint32_t meter, std::uint32_t day) {
  return "height " + std::to_string(height) + ", meter " + std::to_string(meter) + ", day " +
         std::to_string(day) + ": meter signature";
}

TEST(Vouching, AQuorumCannotForgeAWordAnywhereInADay) {
  const auto end = testing::make_small_run().day_end(0);
  for (const std::uint64_t height : {std::uint64_t{1}, end / 2, end - 1, end}) {
    const auto found = audited(forged(height, 1, Forgers::quorum));
    EXPECT_TRUE(found.starts_with(bad_signature(height, 1, 0))) << height << ": " << found;
  }
}

TEST(Vouching, AMeterThatSignsOnHasSaidIt) {
  const auto run = forged(9, 0, Forgers::quorum_and_meters);
  EXPECT_EQ(audited(run), "");
  EXPECT_TRUE(audited(run, true).starts_with(bad_signature(9, 0, 0)));
}

TEST(Vouching, NothingVouchesForTheLastWords) {
  for (const std::uint32_t meter : {0U, 1U}) {
    auto run = testing::make_small_run();
    run.blocks.resize(run.day_end(0) + 4);
    run.day_ends.resize(1);
    const auto last = run.blocks.size();
    forge_signature(run, last, meter);
    testing::sign_chain_again(run, last);
    const auto found = audited(run, false, 1);
    EXPECT_TRUE(found.starts_with(bad_signature(last, meter, 1))) << found;
  }
}

/// The block of the forged word is good but for it, and another fault ends the audit before anyone
/// has vouched.
TEST(Vouching, AForgedWordBeforeAnotherFaultComesFirst) {
  auto run = testing::make_small_run();
  forge_signature(run, 9, 0);
  run.at(12).block.header.state_root[3] ^= 1U;
  testing::sign_chain_again(run, 9);
  const auto found = audited(run);
  EXPECT_TRUE(found.starts_with(bad_signature(9, 0, 0))) << found;
}

TEST(Vouching, OfAMeterThatFallsSilentTheLastWordCounts) {
  testing::SmallRunOptions options;
  options.staleness = 2;
  options.behind = [](std::uint32_t k) { return k == 4 || k == 5 ? k - 3 : 0U; };
  auto run = testing::make_small_run(options);
  run.blocks.resize(5);
  run.day_ends.clear();
  ASSERT_EQ(run.at(4).block.transactions.size(), 1U);
  ASSERT_EQ(run.at(5).block.transactions.size(), 1U);
  EXPECT_EQ(audited(run, false, 0), "");
  forge_signature(run, 3, 1);
  testing::sign_chain_again(run, 3, Forgers::quorum_and_meters);
  const auto found = audited(run, false, 0);
  EXPECT_TRUE(found.starts_with(bad_signature(3, 1, 0))) << found;
}

}  // namespace
}  // namespace gridtally::audit
