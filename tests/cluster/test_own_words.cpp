#include <gtest/gtest.h>

#include "audit/small_run.hpp"
#include "cluster/own_words.hpp"

namespace gridtally::cluster {
namespace {

using audit::testing::SmallRun;

void forge(SmallRun& run, std::uint64_t height, std::uint32_t meter) {
  auto& word = run.at(height).block.transactions[meter];
  word = ledger::SignedTransaction(word.content(), ledger::Signature{});
}

/// "height 3" of the first fault; "" for none. `file`: of the only meter on the host.
std::string found(const SmallRun& run, std::size_t file, std::size_t blocks) {
  const meter::MeterGroup meters(run.genesis, {run.private_files[file]});
  OwnWords words(run.genesis, meters);
  std::optional<ledger::Fault> fault;
  for (std::size_t i = 0; i < blocks && !fault; ++i) fault = words.note(run.blocks[i].block);
  if (!fault) fault = words.check();
  return fault ? "height " + std::to_string(fault->height) : "";
}

TEST(OwnWords, AChainThatItsMetersMadeIsTheirs) {
  const auto run = audit::testing::make_small_run();
  for (const std::size_t file : {0U, 1U}) EXPECT_EQ(found(run, file, run.blocks.size()), "");
}

TEST(OwnWords, AForgedWordShowsAtTheEndOfItsDay) {
  auto run = audit::testing::make_small_run();
  const auto end = run.day_end(0);
  forge(run, end, 1);
  EXPECT_EQ(found(run, 1, run.blocks.size()), "height " + std::to_string(end));
  EXPECT_EQ(found(run, 1, end - 1), "") << "the chain ends before";
  EXPECT_EQ(found(run, 0, run.blocks.size()), "") << "another's";
}

TEST(OwnWords, AForgedWordShowsAtTheEndOfTheChain) {
  auto run = audit::testing::make_small_run();
  const auto last = run.day_end(0) + 3;
  forge(run, last, 0);
  EXPECT_EQ(found(run, 0, last), "height " + std::to_string(last));
}

TEST(OwnWords, WithoutMetersNothingIsChecked) {
  auto run = audit::testing::make_small_run();
  forge(run, run.day_end(0), 1);
  const meter::MeterGroup nobody(run.genesis, {});
  OwnWords words(run.genesis, nobody);
  for (const auto& block : run.blocks) EXPECT_FALSE(words.note(block.block));
  EXPECT_FALSE(words.check());
}

}  // namespace
}  // namespace gridtally::cluster
