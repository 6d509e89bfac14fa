#include <gtest/gtest.h>

#include <algorithm>

#include "archive/private_sample.hpp"
#include "archive/private_store.hpp"
#include "archive/synthetic_chain.hpp"
#include "audit/audit.hpp"
#include "audit/private_files.hpp"
#include "base/test_folder.hpp"
#include "memory/heap.hpp"

// What writer and auditor hold must not grow with the blocks and days that have gone by. Each test
// measures a short run and a long one, and the growth is less than a small part of what the long
// one has more to keep.
namespace gridtally {
namespace {

using archive::testing::Chain;
using archive::testing::ChainSize;
using testing::HeapPeak;

TEST(Heap, CountsWhatIsTakenAndGivenBack) {
  const HeapPeak peak;
  const auto before = testing::heap_in_use();
  {
    const std::vector<double> numbers(10'000);
    EXPECT_GE(testing::heap_in_use(), before + 80'000);
  }
  EXPECT_EQ(testing::heap_in_use(), before);
  EXPECT_GE(peak.bytes(), 80'000U);
  EXPECT_LT(peak.bytes(), 90'000U);
  EXPECT_EQ(HeapPeak().bytes(), 0U);
}

// The short runs fill all that is held at once: four batches of 64 blocks, chunks of 1 MiB.
ChainSize chain_of(std::uint32_t days, std::uint32_t iterations, std::uint32_t slots) {
  ChainSize size;
  size.prosumers = 30;
  size.slots = slots;
  size.days = days;
  size.iterations = iterations;
  return size;
}

/// Of the rows that its blocks hold, the greater part of them.
std::size_t decision_bytes(const Chain& chain) {
  std::size_t bytes = 0;
  for (const auto& day : chain.days) {
    bytes += day.size() * chain.genesis.prosumers.size() * chain.genesis.terms.slots * 8;
  }
  return bytes;
}

constexpr int most_tries = 8;

struct Peaks {
  std::size_t writer;
  std::size_t auditor;
};

Peaks peaks_of(const Chain& chain) {
  const TestFolder folder;
  Peaks peaks{};
  {
    const HeapPeak peak;
    archive::testing::write_chain(folder / "archive", chain, chain.days.size());
    peaks.writer = peak.bytes();
  }
  const HeapPeak peak;
  audit::Options options;
  options.threads = 1;
  const auto report = audit::audit_archive(folder / "archive", options);
  peaks.auditor = peak.bytes();
  EXPECT_EQ(report.verdict, audit::Verdict::sound) << audit::describe(report.fault.value());
  return peaks;
}

void expect_flat(const char* who, std::size_t few, std::size_t many, std::size_t more_data,
                 std::size_t part = 5) {
  ::testing::Test::RecordProperty((std::string(who) + "_bytes").c_str(), std::to_string(many));
  EXPECT_LT(many, few + more_data / part)
      << who << ": " << few << ", then " << many << " of " << more_data << " more";
}

void expect_flat(const ChainSize& few_blocks, const ChainSize& many_blocks) {
  const auto shorter = archive::testing::make_chain(few_blocks);
  const auto longer = archive::testing::make_chain(many_blocks);
  const auto more = decision_bytes(longer) - decision_bytes(shorter);
  auto few = peaks_of(shorter);
  const auto many = peaks_of(longer);
  // How far reading is ahead of the audit is chance: the shorter run shows the most that is held at
  // once not every time. What grows with the run it never shows.
  for (int again = 0; again < most_tries && many.auditor > few.auditor; ++again) {
    few.auditor = std::max(few.auditor, peaks_of(shorter).auditor);
  }
  expect_flat("writer", few.writer, many.writer, more);
  expect_flat("auditor", few.auditor, many.auditor, more);
}

TEST(Memory, OfWriterAndAuditorDoesNotGrowWithTheBlocksOfADay) {
  expect_flat(chain_of(1, 280, 96), chain_of(1, 1400, 96));
}

TEST(Memory, OfWriterAndAuditorDoesNotGrowWithTheDays) {
  expect_flat(chain_of(12, 24, 24), chain_of(60, 24, 24));
}

constexpr std::uint32_t homes = 30;
constexpr std::uint32_t slots = 96;
// A chunk holds 1,365 days: of both, a whole number of homes with 1,350, so that buffers are alike.
constexpr std::uint32_t few_days = 45;
constexpr std::uint32_t many_days = 135;

/// One meter with all homes.
std::vector<archive::PrivateFile> meters_of(std::uint32_t days) {
  std::vector<archive::PrivateFile> files(1);
  files[0].run_id = ledger::Digest{9};
  files[0].days = days;
  files[0].slots = slots;
  for (std::uint32_t i = 0; i < homes; ++i) {
    files[0].prosumers.push_back(archive::testing::make_prosumer(i, days, slots, 0));
  }
  return files;
}

archive::PrivateDay made_up_day() {
  archive::PrivateDay day;
  for (std::uint32_t i = 0; i < homes; ++i) {
    day.push_back(archive::testing::make_schedule(slots, 10.0 * i));
  }
  return day;
}

constexpr std::size_t day_bytes = std::size_t{homes} * 12 * slots * 8;

/// The most that keeping so many days takes.
std::size_t store_peak(const std::filesystem::path& folder, std::uint32_t days) {
  ledger::Genesis genesis;
  genesis.prosumers.resize(homes);
  genesis.meters.resize(1);
  const auto meters = meters_of(days);
  const auto day = made_up_day();
  archive::make_private_folder(folder);
  const HeapPeak peak;
  archive::PrivateStore store(folder, genesis, meters);
  store.begin();
  for (std::uint32_t d = 0; d < days; ++d) store.add(d, day);
  store.finish();
  return peak.bytes();
}

TEST(Memory, OfPrivateSchedulesThatAreKeptDoesNotGrowWithTheDays) {
  const TestFolder folder;
  const auto few = store_peak(folder / "few", few_days);
  const auto many = store_peak(folder / "many", many_days);
  expect_flat("store", few, many, (many_days - few_days) * day_bytes);
}

struct Audited {
  std::size_t most;  ///< at any time
  std::size_t kept;  ///< on the last day
};

/// What going through the days of such files takes, beyond their inputs.
Audited audited(const std::filesystem::path& folder, std::uint32_t days) {
  ChainSize size;
  size.prosumers = homes;
  size.meters = 1;
  size.slots = slots;
  size.days = 1;
  auto genesis = archive::testing::make_chain(size).genesis;
  genesis.days = days;
  genesis.grid_price.resize(std::size_t{days} * slots);
  genesis.reserve_price.resize(std::size_t{days} * slots);
  auto meters = meters_of(days);
  for (auto& meter : meters) meter.run_id = ledger::run_id(genesis);
  archive::make_private_folder(folder);
  {
    archive::PrivateStore store(folder, genesis, meters);
    store.begin();
    for (std::uint32_t d = 0; d < days; ++d) store.add(d, made_up_day());
    store.finish();
  }
  const auto before = testing::heap_in_use();
  const HeapPeak peak;
  audit::PrivateFiles files(folder, genesis, 16 * day_bytes);
  EXPECT_FALSE(files.open({}));
  const auto inputs = std::size_t{homes} * days * slots * 5 * 8;
  for (std::uint32_t d = 0; d < days; ++d) {
    EXPECT_FALSE(files.go_to(d));
    EXPECT_NE(files.schedule(0, homes - 1, d), nullptr);
  }
  return {peak.bytes() - inputs, testing::heap_in_use() - before - inputs};
}

TEST(Memory, OfAnAuditWithPrivateFilesDoesNotGrowWithTheDays) {
  const TestFolder folder;
  const auto few = audited(folder / "few", few_days);
  const auto many = audited(folder / "many", many_days);
  const auto more = (many_days - few_days) * day_bytes;
  expect_flat("auditor", few.most, many.most, more);
  expect_flat("auditor_kept", few.kept, many.kept, more, 200);
}

}  // namespace
}  // namespace gridtally
