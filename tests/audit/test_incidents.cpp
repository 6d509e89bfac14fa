#include <gtest/gtest.h>

#include <memory>

#include "audit/audit.hpp"
#include "audit/day_checks.hpp"
#include "audit/forgery.hpp"
#include "base/test_folder.hpp"
#include "base/text.hpp"

namespace gridtally::audit {
namespace {

using testing::make_small_run;
using testing::SmallRun;
using testing::SmallRunOptions;

Report audit(const SmallRun& run, unsigned threads = 2) {
  TestFolder folder;
  testing::write_archive(folder / "archive", run, 1);
  return audit_archive(folder / "archive", {threads, {}, {}});
}

std::vector<std::string> lines(const Report& report) {
  std::vector<std::string> lines;
  for (const auto& incident : report.incidents) {
    lines.push_back(std::to_string(incident.height) + " " + incident.text);
  }
  return lines;
}

using Lines = std::vector<std::string>;

/// The block of `height`, changed and signed anew by its proposer, as an offer of its round.
ledger::Proposal offered(const SmallRun& run, std::uint64_t height,
                         const std::function<void(ledger::Block&)>& change = {}) {
  auto block = run.blocks[height - 1].block;
  if (change) change(block);
  const auto& key = run.validator_keys[block.header.proposer];
  const auto hash = ledger::block_hash(block.header);
  block.proposer_signature = key.sign(ledger::proposal_bytes(hash));
  const auto offer = ledger::sign_offer(
      {block.header.run_id, height, block.header.round, {}, hash, block.header.proposer, {}}, key);
  return {offer, {}, std::make_shared<const ledger::Block>(std::move(block))};
}

ledger::Proposal offered_wrongly(const SmallRun& run, std::uint64_t height) {
  return offered(run, height, [](ledger::Block& block) { block.header.state_root[0] ^= 1U; });
}

ledger::Vote vote(const SmallRun& run, std::uint64_t height, std::uint32_t validator,
                  std::uint8_t block) {
  return ledger::sign_vote({ledger::Step::prevote,
                            ledger::run_id(run.genesis),
                            height,
                            0,
                            ledger::Digest{block},
                            validator,
                            {}},
                           run.validator_keys[validator]);
}

ledger::Vote vote_for_committed(const SmallRun& run, std::uint64_t height,
                                std::uint32_t validator) {
  return ledger::sign_vote({ledger::Step::prevote,
                            ledger::run_id(run.genesis),
                            height,
                            0,
                            run.blocks[height - 1].certificate.block_hash,
                            validator,
                            {}},
                           run.validator_keys[validator]);
}

std::string proposer_of(const SmallRun& run, std::uint64_t height) {
  return "validator " + std::to_string(run.blocks[height - 1].block.header.proposer);
}

TEST(Incidents, ACleanRunHasNone) {
  const auto report = audit(make_small_run());
  EXPECT_EQ(report.verdict, Verdict::sound);
  EXPECT_EQ(lines(report), Lines{});
  EXPECT_EQ(report.evidence, 0U);
}

// Four validators take turns 1, 2, 3, 0; at height 4 round 0 brings nothing and 1 is next. At
// height 9 the block of round 0 is final in round 2: whoever was due in round 1 brought none.
TEST(Incidents, ValidatorsPassedOverAreNamed) {
  SmallRunOptions options;
  options.rounds = [](std::uint64_t height) {
    return std::pair<std::uint32_t, std::uint32_t>{height == 4 ? 1 : 0,
                                                   height == 4 ? 1 : (height == 9 ? 2 : 0)};
  };
  const auto run = make_small_run(options);
  const auto report = audit(run);
  ASSERT_EQ(report.verdict, Verdict::sound);
  ASSERT_EQ(report.incidents.size(), 2U);
  EXPECT_EQ(report.incidents[0].text,
            "validator 0 missed its turn at height 4 (rounds passed over)");
  EXPECT_EQ(report.incidents[1].height, 9U);
  EXPECT_NE(report.incidents[1].text.find("missed its turn at height 9"), std::string::npos);
  EXPECT_EQ(report.incidents[1].text.find(proposer_of(run, 9) + " "), std::string::npos);
}

TEST(Incidents, LateMetersAreNamedByDay) {
  SmallRunOptions options;
  options.staleness = 2;
  // k = 3 and 4: nothing new; k = 5: that of k = 4. k = 8: nothing new.
  options.behind = [](std::uint32_t k) {
    return k == 4 ? 2U : k == 3 || k == 5 || k == 8 ? 1U : 0U;
  };
  const auto report = audit(make_small_run(options));
  ASSERT_EQ(report.verdict, Verdict::sound) << describe(*report.fault);
  const auto found = lines(report);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], "3 meter 1 was late at iterations 3-5, 8 of day 0 (at most 2 behind)");
  EXPECT_TRUE(
      found[1].ends_with("meter 1 was late at iterations 3-5, 8 of day 1 (at most 2 behind)"));
}

std::vector<ledger::Ballot> ballots(const SmallRun& run, std::uint64_t height) {
  if (height != 10 && height != 20) return {};
  const bool add = height == 10;
  const auto& candidate = run.validator_keys[add ? 4 : 2];
  std::vector<ledger::Ballot> ballots;
  for (std::uint32_t voter = 0; voter < 5; ++voter) {
    if (voter == 2 || voter > 3) continue;
    ballots.push_back(ledger::sign_ballot(
        {ledger::run_id(run.genesis), voter, candidate.public_key(), add, 1, height, {}},
        run.validator_keys[voter]));
  }
  return ballots;
}

TEST(Incidents, ValidatorsWhoJoinAndLeaveAreNamedAndTheirKeysCountFromTheNextHeight) {
  SmallRunOptions options;
  options.ballots = ballots;
  const auto run = make_small_run(options);
  ASSERT_EQ(run.blocks[10].certificate.precommits.size(), 5U);
  const auto key = [&](std::size_t v) {
    return to_hex(run.validator_keys[v].public_key().bytes).substr(0, 16) + "…";
  };
  const Lines expected{
      "11 validator 4 (key " + key(4) + ") joined at height 11, voted in by 0, 1, 3",
      "21 validator 2 (key " + key(2) + ") left at height 21, voted out by 0, 1, 3"};
  for (const unsigned threads : {1U, 5U}) {
    const auto report = audit(run, threads);
    ASSERT_EQ(report.verdict, Verdict::sound) << describe(*report.fault);
    EXPECT_EQ(lines(report), expected);
    EXPECT_EQ(report.blocks, run.blocks.size());
  }
}

TEST(Incidents, APrecommitOfWhoHasLeftIsAFault) {
  SmallRunOptions options;
  options.ballots = ballots;
  auto run = make_small_run(options);
  auto& precommits = run.at(21).certificate.precommits;
  const ledger::Vote late{ledger::Step::precommit,
                          ledger::run_id(run.genesis),
                          21,
                          0,
                          run.at(21).certificate.block_hash,
                          2,
                          {}};
  precommits.insert(precommits.begin() + 2,
                    {2, ledger::sign_vote(late, run.validator_keys[2]).signature});
  const auto report = audit(run);
  ASSERT_EQ(report.verdict, Verdict::unsound);
  EXPECT_EQ(report.fault->height, 21U);
  EXPECT_EQ(report.fault->what, "certificate's validator");
}

TEST(Incidents, AccountsThatCouldNotPayAreNamed) {
  const auto run = make_small_run();
  auto state = run.day_ends[0];
  state.answers[2].unfunded = true;
  ChainIncidents incidents(run.genesis);
  incidents.note(state.membership, run.blocks[0], state);
  const auto all = incidents.all({});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].text, "home-2 could not pay on day 0: its trades were cancelled");
}

TEST(Incidents, EachKindOfEvidenceIsToldByHeight) {
  auto run = make_small_run();
  const auto& transaction = run.at(7).block.transactions[0];
  auto other = transaction.content();
  other.decisions[0].numbers[0] += 1.0;
  ledger::Fault fault;
  fault.height = 8;
  fault.what = "meter signature";
  fault.expected = "a good one";
  fault.found = "a bad\x1b one";
  auto forged = transaction.signature();
  forged.bytes[0] ^= 1U;
  run.evidence = {
      ledger::two_votes(vote(run, 3, 2, 1), vote(run, 3, 2, 2)),
      ledger::wrong_block(offered_wrongly(run, 6)),
      ledger::two_offers(offered(run, 5), offered_wrongly(run, 5)),
      ledger::two_transactions(transaction, ledger::sign_transaction(other, run.meter_keys[0])),
      ledger::refused_transaction(8, 1,
                                  ledger::encode(ledger::SignedTransaction(
                                      run.at(8).block.transactions[1].content(), forged)),
                                  fault),
      ledger::stray_vote(vote(run, 9, 3, 1), offered(run, 9).offer),
      ledger::stray_vote(vote(run, 5, 3, 1), offered(run, 5).offer),
      ledger::stray_vote(vote_for_committed(run, 10, 2), offered_wrongly(run, 10).offer)};
  const auto report = audit(run);
  ASSERT_EQ(report.verdict, Verdict::sound) << describe(*report.fault);
  EXPECT_EQ(report.evidence, 8U);
  auto root = run.at(6).block.header.state_root;
  const auto right = ledger::to_hex(root);
  root[0] ^= 1U;
  const Lines expected{
      "3 validator 2 voted twice at height 3, round 0, prevote",
      "5 " + proposer_of(run, 5) + " offered two blocks at height 5, round 0",
      "5 validator 3 voted for a block that nobody offered at height 5, round 0, prevote; that is "
      "void: two blocks were offered in this round",
      "6 " + proposer_of(run, 6) + " offered a wrong block at height 6, round 0: state root: " +
          "expected " + right + ", found " + ledger::to_hex(root),
      "7 meter 0 signed two transactions at height 7",
      "8 a transaction in the name of meter 1 was refused at height 8: height 8: meter signature: "
      "expected a good one, found a bad? one",
      "9 validator 3 voted for a block that nobody offered at height 9, round 0, prevote",
      "10 validator 2 voted for a block that nobody offered at height 10, round 0, prevote; that "
      "is "
      "void: the block was committed"};
  EXPECT_EQ(lines(report), expected);
}

TEST(Incidents, EvidenceThatShowsNothingIsAFalseAccusation) {
  using Forge = std::function<ledger::Evidence(const SmallRun&)>;
  const std::vector<std::pair<std::string, Forge>> forgeries{
      {"false evidence (wrong block) against validator 2",
       [](const SmallRun& run) { return ledger::wrong_block(offered(run, 6)); }},
      {"false evidence (wrong block) against validator 2",
       [](const SmallRun& run) {
         auto proposal = offered_wrongly(run, 6);
         proposal.offer.signature.bytes[3] ^= 1U;
         return ledger::wrong_block(proposal);
       }},
      {"false evidence (wrong block) against validator 2",  // framed by who passed a good one on
       [](const SmallRun& run) {
         auto proposal = offered(run, 6);
         auto block = *proposal.block;
         block.transactions[0] = block.transactions[1];
         proposal.block = std::make_shared<const ledger::Block>(block);
         return ledger::wrong_block(proposal);
       }},
      {"false evidence (refused transaction) against meter 0",
       [](const SmallRun& run) {
         ledger::Fault fault;
         fault.what = "meter signature";
         const auto good = ledger::encode(run.blocks[5].block.transactions[0]);
         return ledger::refused_transaction(6, 0, good, fault);
       }},
      {"false evidence (two votes) against validator 2",
       [](const SmallRun& run) {
         return ledger::two_votes(vote(run, 6, 2, 1), vote(run, 6, 2, 1));
       }},
      {"false evidence (two votes) against validator 2",
       [](const SmallRun& run) {
         auto piece = ledger::two_votes(vote(run, 6, 2, 1), vote(run, 6, 2, 2));
         piece.first.resize(20);
         return piece;
       }},
      {"false evidence (two offers) against validator 2",
       [](const SmallRun& run) { return ledger::two_offers(offered(run, 6), offered(run, 6)); }},
      {"false evidence (stray vote) against validator 3",  // framed by who had no turn
       [](const SmallRun& run) {
         auto offer = offered(run, 6).offer;
         offer.proposer = 1;
         offer.block_hash[0] ^= 1U;
         return ledger::stray_vote(vote(run, 6, 3, 1),
                                   ledger::sign_offer(offer, run.validator_keys[1]));
       }},
      {"false evidence (two transactions) against meter 0",
       [](const SmallRun& run) {
         const auto& transaction = run.blocks[5].block.transactions[0];
         return ledger::two_transactions(transaction, transaction);
       }},
  };
  for (const auto& [what, forge] : forgeries) {
    auto run = make_small_run();
    run.evidence = {forge(run)};
    const auto report = audit(run);
    ASSERT_EQ(report.verdict, Verdict::unsound) << what;
    EXPECT_EQ(report.fault->what, what);
    EXPECT_EQ(report.fault->height, 6U);
    EXPECT_EQ(lines(report), Lines{});
    EXPECT_EQ(report.blocks, run.blocks.size());
  }
}

TEST(Incidents, WhoOfferedAWrongBlockIsNotSaidToHaveMissedItsTurn) {
  SmallRunOptions options;
  options.rounds = [](std::uint64_t height) {
    const std::uint32_t round = height == 4 ? 1 : 0;
    return std::pair{round, round};
  };
  auto run = make_small_run(options);
  // Validator 0 was due in round 0 of height 4 and offered a block with a wrong state root.
  run.evidence = {ledger::wrong_block(offered(run, 4, [](ledger::Block& block) {
    block.header.round = 0;
    block.header.proposer = 0;
    block.header.state_root[0] ^= 1U;
  }))};
  const auto report = audit(run);
  ASSERT_EQ(report.verdict, Verdict::sound) << describe(*report.fault);
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_NE(report.incidents[0].text.find("validator 0 offered a wrong block at height 4, round 0"),
            std::string::npos);
}

TEST(Incidents, AnAccusedBlockAfterTheEndCannotBeJudged) {
  auto run = make_small_run();
  run.evidence = {ledger::wrong_block(offered_wrongly(run, run.blocks.size()))};
  run.blocks.resize(run.blocks.size() - 5);
  const auto report = audit(run);
  EXPECT_EQ(report.verdict, Verdict::sound);
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_NE(report.incidents[0].text.find("nobody can judge"), std::string::npos);
}

TEST(Incidents, AVoteAfterTheEndCannotBeJudged) {
  auto run = make_small_run();
  const auto last = run.blocks.size();
  run.evidence = {ledger::stray_vote(vote(run, last, 3, 1), offered(run, last).offer)};
  run.blocks.resize(last - 5);
  const auto report = audit(run);
  EXPECT_EQ(report.verdict, Verdict::sound);
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_NE(report.incidents[0].text.find("nobody can judge"), std::string::npos);
}

TEST(Accounts, WhatDoesNotFollowFromTheBillsIsFound) {
  const auto run = make_small_run();
  const auto& state = run.day_ends[0];
  const auto payments = ledger::payments(state);
  std::vector<std::int64_t> before{0, 10'000'000'000, 0};
  ASSERT_FALSE(payments.empty());
  EXPECT_FALSE(check_accounts(run.genesis, payments, before, state));
  auto more = payments;
  more[0].amount += 1;
  EXPECT_EQ(check_accounts(run.genesis, more, before, state)->what,
            "paid for the bill [micro-cents]");
  auto shifted = before;
  shifted[2] += 5;
  EXPECT_EQ(check_accounts(run.genesis, payments, shifted, state)->what, "balance [micro-cents]");
  auto poorer = run.genesis;
  poorer.opening_balances[1] = 9'000'000'000;
  EXPECT_EQ(check_accounts(poorer, payments, before, state)->what,
            "sum of the balances [micro-cents]");
  auto owing = state;
  auto debts = before;
  owing.balances[0] -= 1'000'000'000;
  debts[0] -= 1'000'000'000;
  ASSERT_LT(owing.balances[0], 0);
  auto strict = run.genesis;
  strict.opening_balances[0] = 0;
  EXPECT_EQ(check_accounts(strict, payments, debts, owing)->what,
            "balance, at least [micro-cents]");
}

}  // namespace
}  // namespace gridtally::audit
