// The constraints of model.md 1, one after the other, with the numbers of one published schedule.
#include "audit/schedule_checks.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace gridtally::audit {

namespace {

class ScheduleCheck {
 public:
  ScheduleCheck(const ledger::Genesis& genesis, const archive::PrivateProsumer& prosumer,
                std::uint32_t day, const archive::PrivateSchedule& schedule)
      : genesis_(genesis),
        own_(prosumer),
        limit_(prosumer.parameters),
        x_(schedule),
        slots_(genesis.terms.slots),
        first_(std::size_t{day} * slots_) {
    place_.prosumer = prosumer.prosumer;
    place_.day = day;
  }

  std::optional<Finding> run(std::span<const double> net_trade) {
    for (std::size_t t = 0; t < slots_; ++t) {
      if (auto bad = bounds(t)) return bad;
      if (auto bad = battery(t)) return bad;
      if (auto bad = balance(t)) return bad;
      if (x_.net_trade[t] != net_trade[t]) {
        return finding(t, "net trade [kWh]", to_text(net_trade[t]) + ", as settled",
                       to_text(x_.net_trade[t]));
      }
    }
    if (auto bad = end_level()) return bad;
    if (auto bad = flexible_energy()) return bad;
    return cost();
  }

 private:
  std::optional<Finding> finding(std::optional<std::size_t> t, const std::string& what,
                                 std::string expected, std::string found) const {
    Finding bad = place_;
    if (t) bad.slot = static_cast<std::uint32_t>(*t);
    bad.what = "schedule's " + what;
    bad.expected = std::move(expected);
    bad.found = std::move(found);
    return bad;
  }

  std::optional<Finding> within(std::size_t t, const char* what, double low, double value,
                                double high) const {
    if (low <= value && value <= high) return std::nullopt;
    return finding(t, std::string(what) + " [kWh]", to_text(low) + " to " + to_text(high),
                   to_text(value));
  }

  std::optional<Finding> equal(std::optional<std::size_t> t, const char* what, double expected,
                               double value, double scale) const {
    if (std::abs(value - expected) <= schedule_tolerance * std::max(1.0, scale)) {
      return std::nullopt;
    }
    return finding(t, what, to_text(expected), to_text(value));
  }

  std::optional<Finding> bounds(std::size_t t) const {
    const std::size_t at = first_ + t;
    if (auto bad = within(t, "grid", 0.0, x_.grid[t], limit_.grid_max)) return bad;
    if (auto bad = within(t, "renewable", 0.0, x_.renewable[t], own_.renewable[at])) return bad;
    if (auto bad = within(t, "flexible load", own_.flexible_min[at], x_.flexible[t],
                          own_.flexible_max[at])) {
      return bad;
    }
    if (auto bad = within(t, "charge", 0.0, x_.charge[t], limit_.charge_max)) return bad;
    if (auto bad = within(t, "discharge", 0.0, x_.discharge[t], limit_.discharge_max)) return bad;
    if (auto bad =
            within(t, "battery level", limit_.battery_min, x_.stored[t], limit_.battery_max)) {
      return bad;
    }
    const double deliverable = std::min(limit_.discharge_max, x_.stored[t] - limit_.battery_min);
    return within(t, "reserve", 0.0, x_.reserve[t], deliverable);
  }

  // b[t] = b[t−1] + η c[t] − d[t]/η
  std::optional<Finding> battery(std::size_t t) const {
    const double before = t == 0 ? x_.battery_start : x_.stored[t - 1];
    const double eta = limit_.battery_efficiency;
    const double charged = eta * x_.charge[t];
    const double discharged = x_.discharge[t] / eta;
    return equal(t, "battery level after charge and discharge [kWh]", before + charged - discharged,
                 x_.stored[t], std::max({std::abs(before), charged, discharged}));
  }

  // r + g + d + s = l + L_if + c
  std::optional<Finding> balance(std::size_t t) const {
    const double fixed = own_.inflexible[first_ + t];
    const double in = x_.renewable[t] + x_.grid[t] + x_.discharge[t] + x_.net_trade[t];
    const double out = x_.flexible[t] + fixed + x_.charge[t];
    return equal(t, "balance: what comes in [kWh]", out, in,
                 std::max({x_.renewable[t], x_.grid[t], x_.discharge[t], std::abs(x_.net_trade[t]),
                           x_.flexible[t], fixed, x_.charge[t]}));
  }

  std::optional<Finding> end_level() const {
    const std::size_t last = slots_ - 1;
    const double least = std::min(limit_.battery_initial, limit_.battery_max);
    if (x_.stored[last] >= least) return std::nullopt;
    return finding(last, "battery level at the day's end [kWh]", "at least " + to_text(least),
                   to_text(x_.stored[last]));
  }

  // Σ l = Σ L_ref
  std::optional<Finding> flexible_energy() const {
    double due = 0.0;
    double served = 0.0;
    for (std::size_t t = 0; t < slots_; ++t) {
      due += own_.flexible_reference[first_ + t];
      served += x_.flexible[t];
    }
    return equal({}, "flexible energy of the day [kWh]", due, served, due);
  }

  // Σ α g + β y + ω Σ (l − L_ref)² + κ Σ (c + d) + π Σ s − Σ π_as e
  std::optional<Finding> cost() const {
    double sum = 0.0;
    double size = 0.0;
    double peak = 0.0;
    const auto add = [&](double term) {
      sum += term;
      size += std::abs(term);
    };
    for (std::size_t t = 0; t < slots_; ++t) {
      const std::size_t at = first_ + t;
      const double shifted = x_.flexible[t] - own_.flexible_reference[at];
      add(genesis_.grid_price[at] * x_.grid[t]);
      add(limit_.discomfort_weight * shifted * shifted);
      add(limit_.wear_cost * (x_.charge[t] + x_.discharge[t]));
      add(genesis_.terms.p2p_price * x_.net_trade[t]);
      add(-genesis_.reserve_price[at] * x_.reserve[t]);
      peak = std::max(peak, x_.grid[t]);
    }
    add(genesis_.peak_price * peak);
    return equal({}, "cost [cents]", sum, x_.cost, size);
  }

  const ledger::Genesis& genesis_;
  const archive::PrivateProsumer& own_;
  const archive::PrivateParameters& limit_;
  const archive::PrivateSchedule& x_;
  std::size_t slots_;
  std::size_t first_;
  Finding place_;
};

}  // namespace

std::optional<Finding> check_schedule(const ledger::Genesis& genesis,
                                      const archive::PrivateProsumer& prosumer, std::uint32_t day,
                                      const archive::PrivateSchedule& schedule,
                                      std::span<const double> net_trade) {
  return ScheduleCheck(genesis, prosumer, day, schedule).run(net_trade);
}

}  // namespace gridtally::audit
