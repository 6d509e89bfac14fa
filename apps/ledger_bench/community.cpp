#include "ledger_bench/community.hpp"

#include <limits>

namespace gridtally::ledger_bench {

namespace {

constexpr std::size_t slots = 24;
constexpr std::uint32_t staleness = 1000;  // blocks: the most that a genesis allows

market::Terms endless_terms(std::uint32_t meters) {
  market::Terms terms;
  terms.slots = slots;
  terms.rho = 2.5 * meters;
  terms.epsilon = std::numeric_limits<double>::min();  // random decisions never come so close
  terms.max_iterations = std::numeric_limits<int>::max();
  terms.p2p_price = 15.0;
  terms.graph = market::PartnerGraph::complete(meters);
  return terms;
}

}  // namespace

ledger::SecretKey key_of(ledger::Role role, std::uint32_t index) {
  std::array<std::uint8_t, 32> seed{};
  seed[0] = static_cast<std::uint8_t>(role);
  for (std::size_t i = 0; i < 4; ++i) seed[1 + i] = static_cast<std::uint8_t>(index >> (8 * i));
  return ledger::SecretKey::from_seed(seed);
}

ledger::Genesis make_genesis(std::uint32_t meters, std::uint32_t validators) {
  ledger::Genesis genesis;
  genesis.days = 1;
  genesis.peak_price = 5.0;
  genesis.grid_price.assign(slots, 30.0);
  genesis.reserve_price.assign(slots, 1.0);
  genesis.terms = endless_terms(meters);
  genesis.input_commitments.resize(meters);
  genesis.opening_balances.resize(meters);
  genesis.staleness = staleness;
  for (std::uint32_t u = 0; u < meters; ++u) {
    genesis.prosumers.push_back("home-" + std::to_string(u));
    genesis.meters.push_back({key_of(ledger::Role::meter, u).public_key(), u, 1});
  }
  for (std::uint32_t v = 0; v < validators; ++v) {
    genesis.validators.push_back(key_of(ledger::Role::validator, v).public_key());
  }
  return genesis;
}

}  // namespace gridtally::ledger_bench
