#include "archive/synthetic_chain.hpp"

#include <cmath>
#include <fstream>
#include <optional>
#include <random>

#include "base/file.hpp"

namespace gridtally::archive::testing {

namespace {
/// The numbers of a run, the same in every build.
class Numbers {
 public:
  /// All bits of the mantissa and of small exponents vary, as in a run: nothing to compress.
  double next() {
    const double high = static_cast<double>(engine_()) - 2147483648.0;
    const double low = static_cast<double>(engine_()) / 4294967296.0;
    return (high + low) / 1073741824.0;
  }
  ledger::Digest digest() {
    ledger::Digest digest;
    for (auto& byte : digest) byte = static_cast<std::uint8_t>(engine_());
    return digest;
  }

 private:
  std::mt19937 engine_{7};
};

std::vector<ledger::SecretKey> make_keys(std::uint32_t count, std::uint8_t role) {
  std::vector<ledger::SecretKey> keys;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = role;
    seed[1] = static_cast<std::uint8_t>(i + 1);
    keys.push_back(ledger::SecretKey::from_seed(seed));
  }
  return keys;
}

ledger::Genesis make_genesis(const ChainSize& size, const std::vector<ledger::SecretKey>& meters,
                             const std::vector<ledger::SecretKey>& validators) {
  ledger::Genesis genesis;
  for (std::uint32_t u = 0; u < size.prosumers; ++u) {
    genesis.prosumers.push_back("home " + std::to_string(u));
    genesis.input_commitments.push_back(ledger::Digest{static_cast<std::uint8_t>(u)});
  }
  genesis.days = size.days;
  genesis.terms.form = size.form;
  genesis.terms.slots = size.slots;
  genesis.terms.max_iterations = static_cast<int>(size.iterations);
  genesis.terms.p2p_price = 12.5;
  genesis.terms.graph = market::PartnerGraph::complete(size.prosumers);
  genesis.grid_price.assign(std::size_t{size.days} * size.slots, 20.0);
  genesis.reserve_price.assign(std::size_t{size.days} * size.slots, 1.0);
  const auto ranges = ledger::meter_ranges(size.prosumers, size.meters);
  for (std::size_t m = 0; m < ranges.size(); ++m) {
    genesis.meters.push_back({meters[m].public_key(), ranges[m].first, ranges[m].count});
  }
  for (std::uint32_t v = 0; v < size.validators; ++v) {
    genesis.validators.push_back(validators[v].public_key());
  }
  if (size.late) genesis.staleness = 2;
  genesis.opening_balances.resize(size.prosumers);
  genesis.opening_balances[0] = 100'000'000;
  return genesis;
}

/// All validators of a run, who agree at once.
class Authority {
 public:
  explicit Authority(const Chain& chain)
      : chain_(chain), state_(ledger::initial_state(chain.genesis)), tip_(state_.run_id) {}

  ledger::CommittedBlock commit(std::vector<ledger::SignedTransaction> transactions,
                                std::vector<ledger::Ballot> ballots) {
    const auto members = state_.membership.active();
    const auto proposer = state_.membership.proposer(tip_.height() + 1, 0);
    auto [block, next] = ledger::make_block(
        chain_.genesis, tip_, state_, {proposer, 0, std::move(transactions), std::move(ballots)},
        chain_.validator_keys[proposer]);
    state_ = std::move(next);
    tip_.advance(ledger::block_hash(block.header));
    ledger::CommittedBlock committed{std::move(block), {0, tip_.head, {}}};
    for (const auto v : members) {
      const auto vote = ledger::sign_vote(
          {ledger::Step::precommit, state_.run_id, tip_.height(), 0, tip_.head, v, {}},
          chain_.validator_keys[v]);
      committed.certificate.precommits.push_back({v, vote.signature});
    }
    return committed;
  }
  [[nodiscard]] const ledger::ContractState& state() const { return state_; }

 private:
  const Chain& chain_;
  ledger::ContractState state_;
  ledger::Tip tip_;
};

/// Every member's vote, at height 2 for the first who joins, at height 3 for the second.
std::vector<ledger::Ballot> ballots_of(const Chain& chain, const ChainSize& size,
                                       const ledger::ContractState& state) {
  std::vector<ledger::Ballot> ballots;
  const auto height = state.turn.height + 1;
  if (height < 2 || height >= 2 + size.joining) return ballots;
  for (const auto voter : state.membership.active()) {
    const auto& candidate = chain.validator_keys[size.validators + height - 2];
    ballots.push_back(
        ledger::sign_ballot({state.run_id, voter, candidate.public_key(), true, 1, height, {}},
                            chain.validator_keys[voter]));
  }
  return ballots;
}

std::vector<double> draw(Numbers& numbers, std::size_t count) {
  std::vector<double> values(count);
  for (auto& value : values) value = numbers.next();
  return values;
}

/// In the pairwise form p_uv = p'_uv of a state at rest makes the residual zero; zeros do here.
std::vector<double> decision(Numbers& numbers, const ChainSize& size, std::uint32_t iteration,
                             const ledger::Genesis& genesis, std::uint32_t u) {
  const auto count = genesis.terms.decision_size(u);
  const bool last = iteration + 1 >= size.iterations;
  if (size.converges && (last || size.form == market::Form::pairwise)) {
    return std::vector<double>(count, last && size.form == market::Form::collapsed ? 0.5 + u : 0.0);
  }
  return draw(numbers, count);
}

ledger::Transaction fill(Numbers& numbers, const ChainSize& size, const ledger::Genesis& genesis,
                         ledger::Transaction transaction) {
  const auto& meter = genesis.meters[transaction.meter];
  for (auto u = meter.first; u < meter.first + meter.count; ++u) {
    if (transaction.turn.phase == ledger::Phase::trading) {
      transaction.decisions.push_back(
          {u, decision(numbers, size, transaction.turn.iteration, genesis, u), numbers.digest()});
    } else {
      const bool accepts = transaction.turn.iteration > 1 || u > 0;
      std::vector<double> change(size.slots, accepts ? 0.0 : 0.125);
      const double cost = numbers.next();
      const double cost_alone = numbers.next();
      transaction.acceptances.push_back({u, accepts, std::move(change), cost, cost_alone,
                                         cost - std::abs(numbers.next()), numbers.digest()});
    }
  }
  return transaction;
}
}  // namespace

std::vector<ledger::CommittedBlock> Chain::blocks() const {
  std::vector<ledger::CommittedBlock> all;
  for (const auto& day : days) all.insert(all.end(), day.begin(), day.end());
  return all;
}

Chain make_chain(const ChainSize& size) {
  Chain chain;
  chain.meter_keys = make_keys(size.meters, 1);
  chain.validator_keys = make_keys(size.validators + size.joining, 2);
  chain.genesis = make_genesis(size, chain.meter_keys, chain.validator_keys);
  Authority authority(chain);
  Numbers numbers;
  const auto run = ledger::run_id(chain.genesis);
  std::optional<ledger::SignedTransaction> held;  // what meter 1 sends too late
  while (ledger::outcome(chain.genesis, authority.state()) == ledger::Outcome::running) {
    const auto turn = ledger::next_turn(chain.genesis, authority.state());
    const bool trading = size.late && turn.phase == ledger::Phase::trading;
    std::vector<ledger::SignedTransaction> transactions;
    for (std::uint32_t m = 0; m < size.meters; ++m) {
      auto signed_now = ledger::sign_transaction(
          fill(numbers, size, chain.genesis,
               ledger::make_transaction(run, turn, authority.state().head, m)),
          chain.meter_keys[m]);
      if (trading && m == 1 && turn.iteration == 2) {
        held = std::move(signed_now);
      } else {
        transactions.push_back(trading && m == 1 && turn.iteration == 3 ? *held : signed_now);
      }
    }
    if (turn.day == chain.days.size()) {
      chain.days.emplace_back();
      chain.states.emplace_back();
    }
    chain.days.back().push_back(
        authority.commit(std::move(transactions), ballots_of(chain, size, authority.state())));
    chain.states.back() = authority.state();
  }
  return chain;
}

ledger::Evidence double_vote(const Chain& chain, std::uint64_t height) {
  ledger::Vote vote{
      ledger::Step::prevote, ledger::run_id(chain.genesis), height, 0, ledger::Digest{1}, 1, {}};
  const auto first = ledger::sign_vote(vote, chain.validator_keys[1]);
  vote.block_hash = ledger::Digest{2};
  return ledger::two_votes(first, ledger::sign_vote(vote, chain.validator_keys[1]));
}

void write_chain(const std::filesystem::path& folder, const Chain& chain, std::size_t sealed,
                 const std::vector<ledger::Evidence>& evidence, const Iterates& kept) {
  auto writer = ArchiveWriter::create(folder, chain.genesis, chain.validator_keys[0]);
  writer.keep(kept);
  for (const auto& piece : evidence) writer.append_evidence(piece);
  for (std::size_t day = 0; day < chain.days.size(); ++day) {
    for (const auto& block : chain.days[day]) {
      writer.append(block, 1.7e9, ArchiveWriter::Durability::later);
    }
    if (day < sealed) writer.seal_day(chain.states[day]);
  }
  writer.close();
}

std::vector<std::uint8_t> contents(const std::filesystem::path& path) { return read_file(path); }

void overwrite(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

void flip(const std::filesystem::path& path, std::size_t at, int value) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(value ^ 0x10));
}

}  // namespace gridtally::archive::testing
