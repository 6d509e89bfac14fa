#include "ledger/tiny_market.hpp"

#include <tuple>

namespace gridtally::ledger {

SecretKey test_key(std::uint8_t first, std::uint8_t second) {
  std::array<std::uint8_t, 32> seed{};
  seed[0] = first;
  seed[1] = second;
  return SecretKey::from_seed(seed);
}

TinyMarket::TinyMarket(std::uint32_t validator_count, std::uint32_t meter_count) {
  genesis.prosumers = {"north", "south"};
  genesis.days = 2;
  genesis.peak_price = 5.0;
  genesis.grid_price = {30.0, 20.0, 31.0, 21.0};
  genesis.reserve_price = {1.0, 1.0, 1.0, 1.0};
  genesis.terms.slots = 2;
  genesis.terms.rho = 10.0;
  genesis.terms.max_iterations = 3;
  genesis.terms.p2p_price = 10.0;
  genesis.terms.graph = market::PartnerGraph::complete(2);
  genesis.input_commitments = {Digest{1}, Digest{2}};
  const std::vector<MeterRange> ranges = meter_ranges(2, meter_count);
  for (std::uint32_t m = 0; m < meter_count; ++m) {
    meter_keys.push_back(test_key(1, static_cast<std::uint8_t>(m)));
    genesis.meters.push_back({meter_keys[m].public_key(), ranges[m].first, ranges[m].count});
  }
  genesis.opening_balances.resize(2);
  for (std::uint32_t v = 0; v < validator_count; ++v) {
    validator_keys.push_back(test_key(2, static_cast<std::uint8_t>(v)));
    genesis.validators.push_back(validator_keys[v].public_key());
  }
}

Transaction TinyMarket::draft(const ContractState& state, std::uint32_t meter) const {
  const Turn turn = next_turn(genesis, state);
  Transaction out = make_transaction(state.run_id, turn, state.head, meter);
  const Meter& served = genesis.meters[meter];
  for (std::uint32_t u = served.first; u < served.first + served.count; ++u) {
    if (turn.phase == Phase::trading) {
      const std::vector<double> theta =
          u == 0 ? std::vector<double>{1.0, -0.5} : std::vector<double>{0.0, 0.0};
      out.decisions.push_back({u, theta, Digest{3}});
      continue;
    }
    const bool accepted = turn.day == 0 || turn.iteration > 1 || u == 1;
    const double change = accepted ? 0.0 : -0.25;
    out.acceptances.push_back({u, accepted, {change, 0.0}, 7.0 + u, 9.0, 6.5, Digest{4}});
  }
  return out;
}

std::vector<SignedTransaction> TinyMarket::transactions(const ContractState& state) const {
  std::vector<SignedTransaction> out;
  for (std::uint32_t m = 0; m < meter_keys.size(); ++m) {
    out.push_back(sign_transaction(draft(state, m), meter_keys[m]));
  }
  return out;
}

ContractState TinyMarket::after(const ContractState& state,
                                std::vector<SignedTransaction> transactions,
                                std::vector<Ballot> ballots) const {
  Block block;
  block.header.proposer = state.membership.proposer(state.turn.height + 1, 0);
  block.transactions = std::move(transactions);
  block.ballots = std::move(ballots);
  return apply(genesis, state, block);
}

CommittedBlock TinyMarket::commit(ContractState& state, Tip& tip,
                                  std::vector<Ballot> ballots) const {
  return commit(state, tip, Draft{0, 0, transactions(state), std::move(ballots)});
}

CommittedBlock TinyMarket::commit(ContractState& state, Tip& tip, Draft draft) const {
  CommittedBlock out;
  draft.proposer = state.membership.proposer(state.turn.height + 1, draft.round);
  const SecretKey& key = validator_keys[draft.proposer];
  const auto members = state.membership.active();
  std::tie(out.block, state) = make_block(genesis, tip, state, std::move(draft), key);
  const Header& header = out.block.header;
  const Digest hash = block_hash(header);
  tip.advance(hash);
  out.certificate = {header.round, hash, {}};
  for (const std::uint32_t v : members) {
    const Vote vote =
        sign_vote({Step::precommit, header.run_id, header.turn.height, header.round, hash, v, {}},
                  validator_keys[v]);
    out.certificate.precommits.push_back({v, vote.signature});
  }
  return out;
}

Ballot TinyMarket::ballot(std::uint32_t voter, const PublicKey& candidate, bool add,
                          std::uint64_t nonce) const {
  Ballot ballot;
  ballot.run_id = run_id(genesis);
  ballot.voter = voter;
  ballot.candidate = candidate;
  ballot.add = add;
  ballot.nonce = nonce;
  return sign_ballot(ballot, validator_keys[voter]);
}

}  // namespace gridtally::ledger
