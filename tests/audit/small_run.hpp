#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "archive/archive_writer.hpp"
#include "archive/private_file.hpp"
#include "ledger/chain.hpp"
#include "ledger/evidence.hpp"
#include "meter/meter_group.hpp"

/// A real run in one process, without MPI: three homes trade for two days of six slots.
///  - home 0 has sun at noon and a battery,
///  - home 1 only consumes, and can shift a part of it,
///  - home 2 has wind at night and a small battery.
/// Meter 0 serves homes 0 and 1, meter 1 home 2; four validators.
namespace gridtally::audit::testing {

inline constexpr std::uint32_t small_days = 2;
inline constexpr std::uint32_t small_slots = 6;
inline constexpr std::uint32_t small_numbers = small_days * small_slots;

struct SmallRun {
  ledger::Genesis genesis;
  std::vector<ledger::SecretKey> meter_keys;
  std::vector<ledger::SecretKey> validator_keys;
  std::vector<archive::PrivateFile> private_files;  ///< with the schedules of the settled days
  std::vector<ledger::CommittedBlock> blocks;       ///< from height 1
  std::vector<ledger::ContractState> day_ends;
  std::vector<ledger::Evidence> evidence;  ///< write_archive puts it before the blocks

  [[nodiscard]] ledger::CommittedBlock& at(std::uint64_t height) { return blocks[height - 1]; }
  /// Height of the last block of `day`.
  [[nodiscard]] std::uint64_t day_end(std::size_t day) const { return day_ends[day].turn.height; }
};

struct SmallRunOptions {
  int max_iterations = 2000;
  market::Form form = market::Form::collapsed;
  market::PartnerGraph graph = market::PartnerGraph::complete(3);
  /// What a meter does with its transaction before it signs it.
  std::function<void(ledger::Transaction&)> before_signing;
  /// K, and how many iterations meter 1 is behind at iteration k (0: in time).
  std::uint32_t staleness = 0;
  std::function<std::uint32_t(std::uint32_t k)> behind;
  /// Rounds in which the block of a height is made and made final; default 0 and 0.
  std::function<std::pair<std::uint32_t, std::uint32_t>(std::uint64_t height)> rounds;
  /// What the block of a height holds, signed or not.
  std::function<std::vector<ledger::Ballot>(const SmallRun&, std::uint64_t height)> ballots;
  std::uint32_t days = small_days;
  std::uint32_t slots = small_slots;  ///< days * slots: small_numbers
  double epsilon = 1e-6;              ///< [kWh]
  std::uint8_t keys = 0;              ///< another number: a run of others
};

inline std::vector<ledger::SecretKey> small_keys(std::uint8_t role, std::uint8_t count,
                                                 std::uint8_t run = 0) {
  std::vector<ledger::SecretKey> keys;
  for (std::uint8_t i = 0; i < count; ++i) {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = role;
    seed[1] = i;
    seed[2] = run;
    keys.push_back(ledger::SecretKey::from_seed(seed));
  }
  return keys;
}

inline archive::PrivateProsumer small_home(std::uint32_t u) {
  using Row = std::vector<double>;
  static const Row sun{0, 1, 4, 5, 2, 0, 0, 2, 6, 4, 1, 0};
  static const Row wind{3, 2, 0, 0, 1, 3, 2, 2, 1, 0, 0, 4};
  static const Row load{1, 2, 1, 1, 2, 3, 1, 1, 2, 1, 3, 2};
  const Row none(small_numbers, 0.0);
  archive::PrivateProsumer home;
  home.prosumer = u;
  const double battery = u == 0 ? 4.0 : u == 1 ? 0.0 : 1.5;
  home.parameters = {"home-" + std::to_string(u),
                     0.0,
                     battery,
                     battery / 2,
                     battery / 3,
                     battery / 3,
                     0.9,
                     20.0,
                     1.0,
                     1.0};
  home.renewable = u == 0 ? sun : u == 2 ? wind : none;
  home.inflexible = load;
  home.flexible_reference = u == 1 ? Row(small_numbers, 1.0) : none;
  home.flexible_min = none;
  home.flexible_max = u == 1 ? Row(small_numbers, 2.5) : none;
  return home;
}

inline std::vector<archive::PrivateFile> small_private_files(
    const std::vector<ledger::SecretKey>& meter_keys, const SmallRunOptions& options = {}) {
  std::vector<archive::PrivateFile> files(2);
  for (std::uint32_t m = 0; m < 2; ++m) {
    files[m].meter = m;
    files[m].salt_key = meter_keys[m].derive("salt");
    files[m].days = options.days;
    files[m].slots = options.slots;
  }
  files[0].prosumers = {small_home(0), small_home(1)};
  files[1].prosumers = {small_home(2)};
  return files;
}

inline ledger::Genesis small_genesis(const SmallRun& run, const SmallRunOptions& options) {
  ledger::Genesis genesis;
  genesis.days = options.days;
  genesis.peak_price = 5.0;
  genesis.grid_price = {20, 20, 30, 30, 40, 30, 20, 22, 30, 31, 40, 30};
  genesis.reserve_price.assign(small_numbers, 0.5);
  genesis.terms.form = options.form;
  genesis.terms.slots = options.slots;
  genesis.terms.epsilon = options.epsilon;
  genesis.terms.rho = 24.0;
  genesis.terms.max_iterations = options.max_iterations;
  genesis.terms.p2p_price = 15.0;
  genesis.terms.graph = options.graph;
  for (std::size_t m = 0; m < run.private_files.size(); ++m) {
    const auto& homes = run.private_files[m].prosumers;
    genesis.meters.push_back({run.meter_keys[m].public_key(), homes[0].prosumer,
                              static_cast<std::uint32_t>(homes.size())});
    for (const auto& home : homes) {
      genesis.prosumers.push_back(home.parameters.name);
      genesis.input_commitments.push_back(
          meter::input_commitment(run.private_files[m].salt_key, home));
    }
  }
  for (std::size_t v = 0; v < 4; ++v) {
    genesis.validators.push_back(run.validator_keys[v].public_key());
  }
  genesis.staleness = options.staleness;
  genesis.opening_balances.resize(3);
  genesis.opening_balances[1] = 10'000'000'000;
  return genesis;
}

/// All validators in one place, who agree at once.
class SmallAuthority {
 public:
  SmallAuthority(const SmallRun& run, const SmallRunOptions& options)
      : run_(run),
        options_(options),
        state_(ledger::initial_state(run.genesis)),
        tip_(state_.run_id) {}
  [[nodiscard]] const ledger::ContractState& state() const { return state_; }

  ledger::CommittedBlock commit(std::vector<ledger::SignedTransaction> transactions) {
    const auto height = tip_.height() + 1;
    const auto members = state_.membership.active();
    const auto [made, final] =
        options_.rounds ? options_.rounds(height) : std::pair<std::uint32_t, std::uint32_t>{};
    ledger::Draft draft{
        state_.membership.proposer(height, made), made, std::move(transactions), {}};
    if (options_.ballots) draft.ballots = options_.ballots(run_, height);
    const auto proposer = draft.proposer;
    auto [block, next] = ledger::make_block(run_.genesis, tip_, state_, std::move(draft),
                                            run_.validator_keys[proposer]);
    state_ = std::move(next);
    tip_.advance(ledger::block_hash(block.header));
    ledger::CommittedBlock committed{std::move(block), {final, tip_.head, {}}};
    for (const auto v : members) {
      const auto vote = ledger::sign_vote(
          {ledger::Step::precommit, state_.run_id, height, final, tip_.head, v, {}},
          run_.validator_keys[v]);
      committed.certificate.precommits.push_back({v, vote.signature});
    }
    return committed;
  }

 private:
  const SmallRun& run_;
  const SmallRunOptions& options_;
  ledger::ContractState state_;
  ledger::Tip tip_;
};

/// What reaches the next block of what the meters have signed; `sent` has meter 1's decisions of
/// the day so far.
inline std::vector<ledger::SignedTransaction> arrived(
    const SmallRunOptions& options, std::vector<ledger::SignedTransaction> transactions,
    std::vector<ledger::SignedTransaction>& sent) {
  const auto turn = transactions[1].content().turn;
  if (turn.phase != ledger::Phase::trading || !options.behind) return transactions;
  if (turn.iteration == 1) sent.clear();
  sent.push_back(transactions[1]);
  const auto delivered = [&](std::uint32_t k) { return k < 1 ? 0 : k - options.behind(k); };
  const auto k = delivered(turn.iteration);
  transactions.pop_back();
  if (k > delivered(turn.iteration - 1)) transactions.push_back(sent[k - 1]);
  return transactions;
}

/// What `meters` settled last, added to their `files`.
inline void add_day(meter::MeterGroup& meters, std::vector<archive::PrivateFile>& files) {
  const auto day = meters.take_day();
  auto next = day.begin();
  for (auto& file : files) {
    for (auto& prosumer : file.prosumers) prosumer.schedules.push_back(*next++);
  }
}

inline SmallRun make_small_run(const SmallRunOptions& options = {}) {
  SmallRun run;
  run.meter_keys = small_keys(1, 2, options.keys);
  run.validator_keys = small_keys(2, 5, options.keys);
  run.private_files = small_private_files(run.meter_keys, options);
  run.genesis = small_genesis(run, options);
  for (auto& file : run.private_files) file.run_id = ledger::run_id(run.genesis);
  SmallAuthority authority(run, options);
  meter::MeterGroup meters(run.genesis, run.private_files);
  std::vector<ledger::SignedTransaction> sent;
  while (ledger::outcome(run.genesis, authority.state()) == ledger::Outcome::running) {
    std::vector<ledger::SignedTransaction> transactions;
    for (auto& transaction : meters.prepare(authority.state())) {
      if (options.before_signing) options.before_signing(transaction);
      const auto& key = run.meter_keys[transaction.meter];
      transactions.push_back(ledger::sign_transaction(std::move(transaction), key));
    }
    run.blocks.push_back(authority.commit(arrived(options, std::move(transactions), sent)));
    if (meters.observe(authority.state())) add_day(meters, run.private_files);
    if (authority.state().settled) run.day_ends.push_back(authority.state());
  }
  if (!authority.state().settled) run.day_ends.push_back(authority.state());
  return run;
}

/// Seals the first `sealed` days; the blocks after them stay in the journal.
inline void write_archive(const std::filesystem::path& folder, const SmallRun& run,
                          std::size_t sealed = small_days, const archive::Iterates& kept = {}) {
  auto writer = archive::ArchiveWriter::create(folder, run.genesis, run.validator_keys[0]);
  writer.keep(kept);
  for (const auto& piece : run.evidence) writer.append_evidence(piece);
  std::size_t day = 0;
  for (const auto& block : run.blocks) {
    writer.append(block, 1.7e9, archive::ArchiveWriter::Durability::later);
    const bool ends = block.block.header.turn.height == run.day_end(day);
    if (ends && day < sealed) writer.seal_day(run.day_ends[day]);
    if (ends) ++day;
  }
  writer.close();
}

inline void write_private(const std::filesystem::path& folder, const SmallRun& run) {
  archive::make_private_folder(folder);
  for (const auto& file : run.private_files) archive::write_private_file(folder, file);
}

}  // namespace gridtally::audit::testing
