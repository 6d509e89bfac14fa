#include "consensus/stand.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "consensus/adversary.hpp"

namespace gridtally::consensus {

using ledger::Proposal;
using ledger::Step;
using ledger::Vote;

Stand::Stand(std::uint32_t number, std::uint32_t members)
    : market(members),
      executor(std::make_unique<Executor>(market.genesis, verifier)),
      start(first_position(market.genesis)),
      me(number) {
  restart({});
}

Output Stand::restart(ledger::ByteView record) {
  const ledger::Bytes kept(record.begin(), record.end());
  executor = std::make_unique<Executor>(market.genesis, verifier);
  validator =
      std::make_unique<Validator>(*executor, market.validator_keys[me], Timeouts{}, start, kept);
  return validator->start();
}

Output Stand::give(const ledger::Message& message, Address from) {
  return validator->receive(message, from);
}

Output Stand::expire(Timer timer) const {
  return validator->expire({timer, validator->height() + 1, validator->round(), 0});
}

Proposal Stand::fresh(std::uint32_t round, int variant) const {
  const std::uint32_t due = start->state.membership.proposer(1, round);
  Proposal out;
  auto made = make_block(market.genesis, start->tip, start->state,
                         {due, round, transactions_of(market, start->state, variant), {}},
                         market.validator_keys[due]);
  out.block = std::make_shared<const ledger::Block>(std::move(made.first));
  out.offer.run_id = start->state.run_id;
  out.offer.height = 1;
  out.offer.round = round;
  out.offer.block_hash = block_hash(out.block->header);
  out.offer.proposer = due;
  return sign_again(out);
}

Proposal Stand::sign_again(Proposal proposal) const {
  proposal.offer = sign_offer(proposal.offer, market.validator_keys[proposal.offer.proposer]);
  return proposal;
}

Proposal Stand::again(const Proposal& proposal, std::uint32_t round, std::uint32_t valid_round,
                      const std::vector<std::uint32_t>& voters) const {
  Proposal out = proposal;
  out.offer.round = round;
  out.offer.valid_round = valid_round;
  out.offer.proposer = start->state.membership.proposer(1, round);
  out.prevotes.clear();
  for (const std::uint32_t voter : voters) {
    out.prevotes.push_back(
        {voter, vote(Step::prevote, valid_round, hash_of(proposal), voter).signature});
  }
  return sign_again(out);
}

Vote Stand::vote(Step step, std::uint32_t round, const ledger::Digest& block,
                 std::uint32_t voter) const {
  return sign_vote({step, start->state.run_id, 1, round, block, voter, {}},
                   market.validator_keys[voter]);
}

Output Stand::give_votes(Step step, std::uint32_t round, const ledger::Digest& block,
                         const std::vector<std::uint32_t>& voters) {
  Output all;
  for (const std::uint32_t voter : voters) {
    Output out = give(vote(step, round, block, voter), voter);
    all.record_changed = all.record_changed || out.record_changed;
    const auto append = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(all.envelopes, out.envelopes);
    append(all.alarms, out.alarms);
    append(all.commits, out.commits);
    append(all.evidence, out.evidence);
  }
  return all;
}

ledger::CommittedBlock Stand::committed(const Proposal& proposal,
                                        const std::vector<std::uint32_t>& voters) const {
  const std::uint32_t round = proposal.offer.round;
  ledger::CommittedBlock out{*proposal.block, {round, hash_of(proposal), {}}};
  for (const std::uint32_t voter : voters) {
    out.certificate.precommits.push_back(
        {voter, vote(Step::precommit, round, hash_of(proposal), voter).signature});
  }
  return out;
}

std::string Stand::refusal() const {
  return validator->last_refusal() ? validator->last_refusal()->what : "";
}

std::vector<Vote> votes_in(const Output& output) {
  std::vector<Vote> out;
  for (const Envelope& envelope : output.envelopes) {
    if (const auto* vote = std::get_if<Vote>(&envelope.message)) out.push_back(*vote);
  }
  return out;
}

std::vector<Proposal> offers_in(const Output& output) {
  std::vector<Proposal> out;
  for (const Envelope& envelope : output.envelopes) {
    if (const auto* offer = std::get_if<Proposal>(&envelope.message)) out.push_back(*offer);
  }
  return out;
}

bool sets(const Output& output, Timer timer) {
  return std::any_of(output.alarms.begin(), output.alarms.end(),
                     [&](const Alarm& alarm) { return alarm.timer == timer; });
}

Vote only_vote(const Output& output) {
  const std::vector<Vote> votes = votes_in(output);
  EXPECT_EQ(votes.size(), 1U);
  return votes.empty() ? Vote{} : votes.front();
}

}  // namespace gridtally::consensus
