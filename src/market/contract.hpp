#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "market/acceleration.hpp"
#include "market/partner_graph.hpp"

namespace gridtally::market {

/// How the iterates are carried: model.md 3 (one row θ_u a prosumer) or the paper's literal
/// pairwise form (one row p_uv a permitted pair).
enum class Form : std::uint8_t { collapsed = 0, pairwise = 1 };
std::string_view name(Form form);

/// Public constants of the contract, fixed in the genesis.
struct Terms {
  Form form = Form::collapsed;
  std::size_t slots = 24;  ///< T
  double rho = 100.0;      ///< ρ of the first iteration [cents/kWh²]
  /// Steps that Func A remembers: it adapts ρ and extrapolates from them (README.md). 0: it does
  /// neither, which is the paper's Algorithm 1.
  std::uint32_t memory = 0;
  double epsilon = 1e-6;      ///< stop test [kWh]
  double gap = 0.0;           ///< second stop test: certified relative gap; 0: none
  int max_iterations = 5000;  ///< a day
  double p2p_price = 0.0;     ///< π [cents/kWh]
  PartnerGraph graph;

  [[nodiscard]] std::size_t prosumers() const { return graph.prosumers(); }
  /// Rows and length of one iteration's decisions: [prosumers][T] or [arcs][T].
  [[nodiscard]] std::size_t decision_rows() const {
    return form == Form::collapsed ? graph.prosumers() : graph.arcs();
  }
  /// Numbers that prosumer u decides: T, or partners(u)·T, and where they start in the array.
  [[nodiscard]] std::size_t decision_size(std::size_t u) const;
  [[nodiscard]] std::size_t decision_offset(std::size_t u) const;
};

/// The iterate that Func A advances. Starts at zero each day (λ⁰ = 0, p'⁰ = 0).
struct Iterate {
  int iteration = 0;  ///< k
  /// collapsed: τ^k [kWh], row-major [prosumers][T], with λ_uv = −ρ/2 (τ_u + τ_v): θ^k in the plain
  /// algorithm; pairwise: λ^k [arcs][T] [cents/kWh].
  std::vector<double> first;
  /// collapsed: Θ^k, with p'_uv = ½ (Θ_u − Θ_v); pairwise: p'^k [arcs][T] [kWh].
  std::vector<double> second;
  double rho = 0.0;  ///< ρ in force for the next primal step [cents/kWh²]
  /// Σ_u Σ_v ‖p'_uv − p_uv‖₂ after iteration k [kWh]; of the collapsed complete graph, its bound
  /// (model.md 3 d); 0 before the first.
  double residual = 0.0;
  bool at_rest = true;        ///< p' moved by less than 1e-5 of itself; always without a memory
  Acceleration acceleration;  ///< what Func A remembers; empty without a memory

  [[nodiscard]] bool operator==(const Iterate&) const = default;
};

Iterate initial_iterate(const Terms& terms);

/// What the contract needs to know of prosumers whose rows are not in the arrays at hand: how many
/// there are, and sums over all. `rows` are [rows held][width]; the totals are those of
/// ordered_sum over the whole community, the same bits however the rows are spread.
struct Community {
  std::size_t prosumers = 0;
  bool everyone = false;  ///< complete graph, collapsed: sums over all stand for sums over partners
  std::function<std::vector<double>(std::size_t width, std::span<const double> rows)> sum;

  /// n_u of a row held.
  [[nodiscard]] double partners(const PartnerGraph& held, std::size_t u) const {
    return static_cast<double>(everyone ? prosumers - 1 : held.partners(u));
  }
};

/// The community of one process that holds every row.
Community whole(const Terms& terms);

/// Func A, the dual update (model.md 2, step 2; collapsed: 3 b, 3 e): `decisions` are θ^k or p^k in
/// canonical order. Advances k, sets the residual and ρ. Sums run as in ordered_sum.hpp.
/// `age`: iterations by which the oldest decision is late; 0: each answers this iterate. Late ones
/// make Func A take 1/(1 + age) of its step and not extrapolate (README.md).
void dual_update(const Terms& terms, std::span<const double> decisions, Iterate& iterate,
                 std::uint32_t age = 0);
/// The same on the rows held here of a community (collective where its sums are).
void dual_update(const Terms& terms, const Community& community, std::span<const double> decisions,
                 Iterate& iterate, std::uint32_t age = 0);

[[nodiscard]] bool converged(const Terms& terms, const Iterate& iterate);

/// Func C: λ_uv [cents/kWh] and p'_uv [kWh] of one arc, T numbers each.
void read_price(const Terms& terms, const Iterate& iterate, std::size_t arc, std::span<double> out);
void read_trade(const Terms& terms, const Iterate& iterate, std::size_t arc, std::span<double> out);

/// Func C, summed for the meters: A_u = Σ_v (p'_uv + λ_uv/ρ), row-major [prosumers][T] [kWh].
std::vector<double> offers(const Terms& terms, const Iterate& iterate);
std::vector<double> offers(const Terms& terms, const Community& community, const Iterate& iterate);

/// Every p'_uv, row-major [arcs][T] [kWh]: exactly antisymmetric.
std::vector<double> all_trades(const Terms& terms, const Iterate& iterate);

/// s_u = Σ_v p'_uv in arc order, row-major [prosumers][T] [kWh].
std::vector<double> net_trades(const Terms& terms, std::span<const double> trades);
/// The same of every p'_uv of an iterate, bit for bit, without holding them.
std::vector<double> net_trades(const Terms& terms, const Iterate& iterate);

/// Changes `trades` so that prosumer u's net trade moves by change[u*T+t] [kWh], one pair a
/// prosumer and slot: a positive change lowers its largest sale, else raises its largest purchase;
/// a negative one lowers its largest purchase, else raises its largest sale. Mirrors follow;
/// limits hold. Used when a net trade cannot be served (model.md 4).
void repair_trades(const Terms& terms, std::span<const double> change, std::span<double> trades);

/// Sets every trade of prosumer u, and its mirrors, to zero.
void cancel_trades(const Terms& terms, std::size_t u, std::span<double> trades);

/// Bills of a day [micro-cents], one a prosumer: Σ_v round(π Σ_t p'_uv[t] · 10⁶), rounded once per
/// unordered pair, so they sum to zero exactly. Positive: pays.
std::vector<std::int64_t> settle(const Terms& terms, std::span<const double> trades);

}  // namespace gridtally::market
