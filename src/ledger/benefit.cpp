#include "ledger/benefit.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"

namespace gridtally::ledger {

namespace {
constexpr double accuracy = 1e-6;  // of a cost, relative

bool exceeds(double cost, double alone) {
  return cost - alone > accuracy * std::max(1.0, std::abs(alone));
}

void add_energy(std::span<const double> net_trade, Benefit& benefit) {
  for (const double energy : net_trade) {
    if (energy > 0.0) {
      benefit.bought += energy;
    } else {
      benefit.sold -= energy;
    }
  }
}
}  // namespace

bool Benefit::loses() const { return exceeds(cost, cost_alone); }

bool Benefit::loses_at_own_prices() const { return exceeds(cost_at_own_prices, cost_alone); }

Benefit& Benefit::operator+=(const Benefit& other) {
  cost_alone += other.cost_alone;
  cost += other.cost;
  cost_at_own_prices += other.cost_at_own_prices;
  bought += other.bought;
  sold += other.sold;
  return *this;
}

std::vector<Benefit> benefits(const Genesis& genesis, const ContractState& state) {
  if (!state.settled) throw Error("benefits are known of settled days only");
  const market::Terms& terms = genesis.terms;
  const auto beyond =
      market::premium_payments(terms, state.prices, *state.trades, state.net_trades);
  std::vector<Benefit> all(state.answers.size());
  for (std::size_t u = 0; u < all.size(); ++u) {
    all[u].cost_alone = state.answers[u].cost_alone;
    all[u].cost = state.answers[u].cost;
    all[u].cost_at_own_prices = state.answers[u].cost + beyond[u];
    add_energy(std::span(state.net_trades).subspan(u * terms.slots, terms.slots), all[u]);
  }
  return all;
}

std::vector<std::size_t> losers(std::span<const Benefit> benefits) {
  std::vector<std::size_t> found;
  for (std::size_t u = 0; u < benefits.size(); ++u) {
    if (benefits[u].loses()) found.push_back(u);
  }
  std::stable_sort(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
    return benefits[a].loss() > benefits[b].loss();
  });
  return found;
}

std::string losers_text(const Genesis& genesis, std::span<const Benefit> benefits,
                        std::size_t named) {
  const auto worst = losers(benefits);
  const std::string all = std::to_string(benefits.size());
  if (worst.empty()) return "nobody of " + all + " pays more than alone";
  std::string text = std::to_string(worst.size()) + " of " + all +
                     (worst.size() == 1 ? " pays" : " pay") + " more than alone: ";
  for (std::size_t i = 0; i < worst.size() && i < named; ++i) {
    text += (i > 0 ? ", " : "") + genesis.prosumers[worst[i]] + " +" +
            to_fixed(benefits[worst[i]].loss(), 2) + " ct";
  }
  if (worst.size() > named) text += " and " + std::to_string(worst.size() - named) + " more";
  const auto at_own_prices = std::count_if(benefits.begin(), benefits.end(), [](const auto& each) {
    return each.loses_at_own_prices();
  });
  return text + "; at the market's own prices " +
         (at_own_prices == 0 ? "nobody would" : std::to_string(at_own_prices) + " would");
}

}  // namespace gridtally::ledger
