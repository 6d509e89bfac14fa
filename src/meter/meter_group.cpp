#include "meter/meter_group.hpp"

#include <utility>

#include "admm/shortage.hpp"
#include "base/stopwatch.hpp"

namespace gridtally::meter {

admm::PublicTerms public_terms(const ledger::Genesis& genesis) {
  return {genesis.terms.slots, genesis.peak_price, genesis.terms.p2p_price,
          genesis.terms.rho,   genesis.grid_price, genesis.reserve_price};
}

admm::Household household(const ledger::Genesis& genesis, const archive::PrivateProsumer& from) {
  const auto& p = from.parameters;
  admm::Household to;
  to.index = from.prosumer;
  to.partners = genesis.terms.graph.partners(from.prosumer);
  to.prosumer = {p.name,
                 p.battery_min,
                 p.battery_max,
                 p.battery_initial,
                 p.charge_max,
                 p.discharge_max,
                 p.battery_efficiency,
                 p.grid_max,
                 p.discomfort_weight,
                 p.wear_cost,
                 {}};
  to.profile = {from.renewable, from.inflexible, from.flexible_reference, from.flexible_min,
                from.flexible_max};
  return to;
}

namespace {

std::vector<admm::Household> households(const ledger::Genesis& genesis,
                                        const std::vector<archive::PrivateFile>& files) {
  std::vector<admm::Household> all;
  for (const auto& file : files) {
    for (const auto& prosumer : file.prosumers) all.push_back(household(genesis, prosumer));
  }
  return all;
}

std::vector<archive::PrivateFile> without_schedules(std::vector<archive::PrivateFile> files) {
  for (auto& file : files) {
    for (auto& prosumer : file.prosumers) prosumer.schedules.clear();
  }
  return files;
}

}  // namespace

void check_days_alone(const ledger::Genesis& genesis,
                      const std::vector<archive::PrivateFile>& files, int lanes) {
  admm::check_alone(households(genesis, files), public_terms(genesis), genesis.days, lanes);
}

ledger::Bytes encode_inputs(const archive::PrivateProsumer& prosumer) {
  const auto& p = prosumer.parameters;
  ledger::ByteWriter out;
  out.tag("gridtally-inputs").u16(1).u32(prosumer.prosumer).string(p.name);
  for (const double value :
       {p.battery_min, p.battery_max, p.battery_initial, p.charge_max, p.discharge_max,
        p.battery_efficiency, p.grid_max, p.discomfort_weight, p.wear_cost}) {
    out.f64(value);
  }
  out.u64(prosumer.renewable.size());
  for (const auto* series :
       {&prosumer.renewable, &prosumer.inflexible, &prosumer.flexible_reference,
        &prosumer.flexible_min, &prosumer.flexible_max}) {
    out.f64s(*series);
  }
  return out.take();
}

ledger::Digest input_commitment(const ledger::Digest& salt_key,
                                const archive::PrivateProsumer& prosumer) {
  const auto salt = ledger::derive_salt(salt_key, prosumer.prosumer, 0, ledger::SaltKind::input, 0);
  return ledger::commitment(salt, encode_inputs(prosumer));
}

ledger::Bytes encode_point(const qp::Solution& point) {
  ledger::ByteWriter out;
  out.tag("gridtally-point").u16(1).u32(static_cast<std::uint32_t>(point.grid.size()));
  for (const auto* series : {&point.grid, &point.renewable, &point.flexible, &point.charge,
                             &point.discharge, &point.stored, &point.reserve, &point.net_trade}) {
    out.f64s(*series);
  }
  return out.f64(point.peak).take();
}

MeterGroup::MeterGroup(const ledger::Genesis& genesis, std::vector<archive::PrivateFile> files,
                       int lanes)
    : genesis_(genesis),
      run_id_(ledger::run_id(genesis)),
      files_(without_schedules(std::move(files))),
      households_(households(genesis, files_), public_terms(genesis), lanes) {}

// prepare() then begins the day that it is asked for, whichever it is.
void MeterGroup::restore(std::vector<double> levels) {
  households_.set_next_levels(std::move(levels));
}

std::vector<ledger::Transaction> MeterGroup::prepare(const ledger::ContractState& state) {
  const auto turn = ledger::next_turn(genesis_, state);
  if (turn.day != day_) {
    day_ = turn.day;
    households_.start_day(day_);
  }
  const bool trading = turn.phase == ledger::Phase::trading;
  const auto iterate = ledger::next_iterate(genesis_, state);
  if (trading) {
    const auto offers = market::offers(genesis_.terms, iterate);
    const Stopwatch watch(qp_seconds_);
    households_.solve(offers, iterate.rho);
  } else {
    const Stopwatch watch(qp_seconds_);
    answers_ = households_.settle(state.net_trades, state.prices);
  }
  std::vector<ledger::Transaction> transactions;
  std::size_t i = 0;
  for (const auto& file : files_) {
    auto transaction = ledger::make_transaction(run_id_, turn, state.head, file.meter);
    for (std::size_t row = 0; row < file.prosumers.size(); ++row, ++i) {
      if (trading) {
        transaction.decisions.push_back(decide(i, file.salt_key, turn, iterate));
      } else {
        transaction.acceptances.push_back(accept(i, file.salt_key, turn, answers_[i]));
      }
    }
    transactions.push_back(std::move(transaction));
  }
  return transactions;
}

// collapsed: θ_u; pairwise: p_uv = p'_uv + λ_uv/ρ + θ_u for each partner v (model.md 3 a).
ledger::Decision MeterGroup::decide(std::size_t i, const ledger::Digest& salt_key,
                                    const ledger::Turn& turn,
                                    const market::Iterate& iterate) const {
  const auto& terms = genesis_.terms;
  const std::uint32_t u = households_[i].index;
  ledger::Decision row;
  row.prosumer = u;
  row.numbers.resize(terms.decision_size(u));
  const std::size_t offset = terms.decision_offset(u);
  for (std::size_t n = 0; n < row.numbers.size(); ++n) {
    row.numbers[n] = households_.theta(i, n % terms.slots);
    if (terms.form == market::Form::pairwise) {
      row.numbers[n] += iterate.second[offset + n] + iterate.first[offset + n] / iterate.rho;
    }
  }
  ledger::canonicalise(row.numbers);
  const auto salt =
      ledger::derive_salt(salt_key, u, turn.day, ledger::SaltKind::iterate, turn.iteration);
  row.commitment = ledger::commitment(salt, encode_point(households_.iterate(i)));
  return row;
}

ledger::Acceptance MeterGroup::accept(std::size_t i, const ledger::Digest& salt_key,
                                      const ledger::Turn& turn, const admm::Answer& answer) const {
  ledger::Acceptance row;
  row.prosumer = households_[i].index;
  row.accepted = answer.accepted;
  row.change = answer.change;
  ledger::canonicalise(row.change);
  row.cost = ledger::canonical(answer.cost);
  row.cost_alone = ledger::canonical(answer.cost_alone);
  row.bound = ledger::canonical(answer.bound);
  const auto salt = ledger::derive_salt(salt_key, row.prosumer, turn.day,
                                        ledger::SaltKind::schedule, turn.iteration);
  row.commitment = ledger::commitment(salt, encode_point(households_.schedule(i)));
  return row;
}

archive::PrivateSchedule MeterGroup::schedule(std::size_t i) const {
  const auto& x = households_.schedule(i);
  archive::PrivateSchedule out;
  out.grid = x.grid;
  out.renewable = x.renewable;
  out.flexible = x.flexible;
  out.charge = x.charge;
  out.discharge = x.discharge;
  out.stored = x.stored;
  out.reserve = x.reserve;
  out.net_trade = x.net_trade;
  out.cost = answers_[i].cost;
  out.cost_alone = answers_[i].cost_alone;
  out.battery_start = households_.battery_start(i);
  const auto& multipliers = households_.bound_multipliers(i);
  const auto premium = households_.premium(i);
  out.premium.assign(premium.begin(), premium.end());
  out.battery_price = multipliers.battery_price;
  out.peak_share = multipliers.peak_share;
  out.reserve_share = multipliers.reserve_share;
  out.flexible_price = multipliers.flexible_price;
  out.bound = answers_[i].bound;
  return out;
}

bool MeterGroup::observe(const ledger::ContractState& state) {
  if (!state.settled) return false;
  settled_day_.clear();
  for (std::size_t i = 0; i < households_.size(); ++i) settled_day_.push_back(schedule(i));
  households_.adopt_schedules();
  return true;
}

}  // namespace gridtally::meter
