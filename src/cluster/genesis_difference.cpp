#include "cluster/genesis_difference.hpp"

#include <optional>

#include "base/text.hpp"

namespace gridtally::cluster {

namespace {

std::string text(const std::string& value) { return "'" + value + "'"; }
std::string text(double value) { return to_text(value); }
std::string text(int value) { return std::to_string(value); }
std::string text(std::uint32_t value) { return std::to_string(value); }
std::string text(std::uint64_t value) { return std::to_string(value); }
std::string text(market::Form form) { return std::string(market::name(form)); }
std::string text(const ledger::PublicKey& key) { return to_hex(key.bytes); }
std::string text(const ledger::Meter& meter) {
  return "key " + text(meter.key) + " for " + std::to_string(meter.count) + " prosumers from " +
         std::to_string(meter.first);
}
std::string text(const ledger::Digest& digest) { return ledger::to_hex(digest); }
std::string text(const std::optional<std::int64_t>& micro_cents) {
  return micro_cents ? std::to_string(*micro_cents) + " micro-cents" : "none";
}

class Comparison {
 public:
  template <class Value>
  void compare(const std::string& what, const Value& then, const Value& now, const char* where) {
    if (then == now) return;
    lines_.push_back(what + ": " + text(then) + " then, " + text(now) + " now (" + where + ")");
  }
  template <class Value>
  void compare_each(const std::string& what, const std::vector<Value>& then,
                    const std::vector<Value>& now, const char* where) {
    compare("number of " + what + "s", then.size(), now.size(), where);
    if (then.size() != now.size()) return;
    for (std::size_t i = 0; i < then.size(); ++i) {
      if (then[i] == now[i]) continue;
      return compare(what + " " + std::to_string(i), then[i], now[i], where);
    }
  }
  void note(const std::string& line) { lines_.push_back(line); }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

bool same_graph(const market::PartnerGraph& a, const market::PartnerGraph& b) {
  if (a.prosumers() != b.prosumers() || a.arcs() != b.arcs()) return false;
  if (a.is_complete() && b.is_complete()) return true;
  for (std::size_t i = 0; i < a.arcs(); ++i) {
    const auto one = a.arc(i);
    const auto two = b.arc(i);
    if (one.from != two.from || one.to != two.to || one.limit != two.limit) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> differences(const ledger::Genesis& then, const ledger::Genesis& now) {
  Comparison all;
  all.compare_each("prosumer", then.prosumers, now.prosumers, "prosumers.csv");
  all.compare("days", then.days, now.days, "--days, community.cfg");
  all.compare("slots a day", then.terms.slots, now.terms.slots, "community.cfg");
  all.compare("hours a slot", then.slot_hours, now.slot_hours, "community.cfg");
  all.compare("peak price", then.peak_price, now.peak_price, "community.cfg");
  all.compare("trading price", then.terms.p2p_price, now.terms.p2p_price, "community.cfg");
  all.compare_each("grid price", then.grid_price, now.grid_price, "tariff.csv");
  all.compare_each("reserve price", then.reserve_price, now.reserve_price, "tariff.csv");
  all.compare("form", then.terms.form, now.terms.form, "--form");
  all.compare("rho", then.terms.rho, now.terms.rho, "--rho, community.cfg");
  all.compare("steps remembered to adapt rho", then.terms.memory, now.terms.memory, "--rho");
  all.compare("epsilon", then.terms.epsilon, now.terms.epsilon, "--epsilon, community.cfg");
  all.compare("gap", then.terms.gap, now.terms.gap, "--gap, community.cfg");
  all.compare("iterations a day at most", then.terms.max_iterations, now.terms.max_iterations,
              "--max-iterations, community.cfg");
  all.compare("staleness", then.staleness, now.staleness, "--deadline, --staleness");
  all.compare("vote epoch", then.vote_epoch, now.vote_epoch, "the program's version");
  if (!same_graph(then.terms.graph, now.terms.graph)) all.note("partners differ (partners.csv)");
  all.compare_each("opening balance", then.opening_balances, now.opening_balances, "prosumers.csv");
  all.compare_each("validator", then.validators, now.validators, "--validators, --keys");
  const auto before = all.empty();
  all.compare_each("meter", then.meters, now.meters, "--meters, --keys");
  // The commitments are salted with the meters' keys: they say nothing where those differ.
  if (before && all.empty()) {
    all.compare_each("commitment to the private inputs of prosumer", then.input_commitments,
                     now.input_commitments, "prosumers.csv, profiles.csv");
  }
  if (all.empty() && ledger::encode(then) != ledger::encode(now)) {
    all.note("the genesis differs");
  }
  return all.take();
}

}  // namespace gridtally::cluster
