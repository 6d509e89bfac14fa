#include "audit/certificate.hpp"

#include <algorithm>
#include <utility>

#include "audit/schedule_checks.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::audit {

qp::Solution solution_of(const archive::PrivateSchedule& schedule) {
  qp::Solution x(schedule.grid.size());
  x.grid = schedule.grid;
  x.renewable = schedule.renewable;
  x.flexible = schedule.flexible;
  x.charge = schedule.charge;
  x.discharge = schedule.discharge;
  x.stored = schedule.stored;
  x.reserve = schedule.reserve;
  x.net_trade = schedule.net_trade;
  x.peak = *std::max_element(x.grid.begin(), x.grid.end());
  x.battery_price = schedule.battery_price;
  x.peak_share = schedule.peak_share;
  x.reserve_share = schedule.reserve_share;
  x.flexible_price = schedule.flexible_price;
  return x;
}

namespace {

Finding finding(std::string what, std::string expected, std::string found) {
  Finding bad;
  bad.what = std::move(what);
  bad.expected = std::move(expected);
  bad.found = std::move(found);
  return bad;
}

std::optional<Finding> as_on_chain(const char* what, double expected, double found) {
  if (expected == found) return std::nullopt;
  return finding(what, to_text(expected) + ", as on the chain", to_text(found));
}

// The chain's commitment to the schedule opens.
std::optional<Finding> check_commitment(const ledger::Digest& salt_key, const ledger::Turn& turn,
                                        const ledger::Acceptance& said,
                                        const archive::PrivateSchedule& schedule) {
  const auto salt = ledger::derive_salt(salt_key, said.prosumer, turn.day,
                                        ledger::SaltKind::schedule, turn.iteration);
  const auto found = ledger::commitment(salt, meter::encode_point(solution_of(schedule)));
  if (found == said.commitment) return std::nullopt;
  return finding("commitment to the schedule",
                 ledger::to_hex(said.commitment) + ", as on the chain", ledger::to_hex(found));
}

// Day 0 starts from the configured level, every other where the day before ended.
std::optional<Finding> check_start(double level, const archive::PrivateSchedule& schedule) {
  const double found = schedule.battery_start;
  if (level == found) return std::nullopt;
  return finding("schedule's battery level before the day [kWh]", to_text(level), to_text(found));
}

std::optional<Finding> check_premium(std::span<const double> expected,
                                     const std::vector<double>& found) {
  for (std::size_t t = 0; t < found.size(); ++t) {
    if (expected[t] == found[t]) continue;
    auto bad = finding("price of the lower bound, less the trading price [cents/kWh]",
                       to_text(expected[t]) + ", from the chain", to_text(found[t]));
    bad.slot = static_cast<std::uint32_t>(t);
    return bad;
  }
  return std::nullopt;
}

}  // namespace

CertificateCheck::CertificateCheck(const ledger::Genesis& genesis, const PrivateFiles& files)
    : genesis_(genesis), files_(files), terms_(meter::public_terms(genesis)) {
  for (const auto& file : files.meters()) {
    for (const auto& prosumer : file.prosumers) {
      households_.push_back(meter::household(genesis, prosumer));
      levels_.push_back(prosumer.parameters.battery_initial);
    }
  }
}

std::optional<Finding> CertificateCheck::check_day(const ledger::Block& block,
                                                   const ledger::ContractState& state) {
  std::size_t household = 0;
  const auto day = state.turn.day;
  if (day != next_day_) throw Error("day " + std::to_string(day) + " is certified out of order");
  for (std::size_t i = 0; i < files_.meters().size(); ++i) {
    const auto& file = files_.meters()[i];
    for (std::size_t row = 0; row < file.prosumers.size(); ++row) {
      const auto& said = block.transactions[file.meter].content().acceptances[row];
      const auto* schedule = files_.schedule(i, row, day);
      const Case given{file, file.prosumers[row], levels_[household], households_[household], said};
      auto& level = levels_[household++];
      if (schedule == nullptr) continue;
      auto bad = check_prosumer(state, given, *schedule);
      if (!bad) {
        level = schedule->stored.back();
        continue;
      }
      bad->file = archive::private_file_name(file.meter);
      bad->height = state.turn.height;
      bad->meter = file.meter;
      bad->prosumer = said.prosumer;
      bad->day = state.turn.day;
      bad->stage = Stage::certificate;
      return bad;
    }
  }
  ++next_day_;
  return std::nullopt;
}

std::optional<Finding> CertificateCheck::check_prosumer(const ledger::ContractState& state,
                                                        const Case& given,
                                                        const archive::PrivateSchedule& schedule) {
  const auto& [file, prosumer, level, household, said] = given;
  const auto day = state.turn.day;
  const auto slots = genesis_.terms.slots;
  if (auto bad = check_commitment(file.salt_key, state.turn, said, schedule)) return bad;
  if (auto bad = check_start(level, schedule)) return bad;
  const auto net_trade = std::span(state.net_trades).subspan(said.prosumer * slots, slots);
  if (auto bad = check_schedule(genesis_, prosumer, day, schedule, net_trade)) return bad;
  if (household.partners > 0) {
    if (auto bad = check_premium(state.prices.of(said.prosumer), schedule.premium)) return bad;
  }
  return evaluate(day, given, schedule);
}

// The two figures of the certificate, from the inputs and what is kept, against the chain's.
std::optional<Finding> CertificateCheck::evaluate(std::uint32_t day, const Case& given,
                                                  const archive::PrivateSchedule& schedule) {
  const auto problem = admm::day_problem(terms_, given.household, day, schedule.battery_start);
  const auto point = solution_of(schedule);
  const double cost = ledger::canonical(qp::cost(problem, point));
  const double bound = ledger::canonical(qp::dual_bound(problem, schedule.premium.data(), point));
  terms_of_days_.push_back({given.said.prosumer, day, cost, bound});
  if (auto bad = as_on_chain("cost of the schedule [cents]", given.said.cost, cost)) return bad;
  return as_on_chain("lower bound that the multipliers prove [cents]", given.said.bound, bound);
}

}  // namespace gridtally::audit
