// Func A of the paper (Algorithm 1), in two forms that give the same iterates.
//
//   pairwise (model.md 2):     p'_uv ← ½(p_uv − p_vu) − (λ_uv − λ_vu)/(2ρ)
//                              λ_uv ← λ_uv + ρ(p'_uv − p_uv)
//
//   collapsed (model.md 3 b):  Θ_u ← Θ_u + θ_u,  τ_u ← θ_u
//                              p'_uv = ½(Θ_u − Θ_v),  λ_uv = −ρ/2 (τ_u + τ_v)
//
// With a memory it then adapts ρ and extrapolates (model.md 3 e; extrapolate.cpp).
#include <algorithm>
#include <cmath>
#include <string>

#include "base/crew.hpp"
#include "base/error.hpp"
#include "market/contract.hpp"
#include "market/extrapolate.hpp"
#include "market/partner_sizes.hpp"
#include "market/partner_sum.hpp"

namespace gridtally::market {

namespace {

double squared(double value) { return value * value; }

double square_of(std::span<const double> row) {
  double sum = 0.0;
  for (const double value : row) sum += value * value;
  return sum;
}

Sizes sizes_of(std::span<const double> total) {
  return {total[missed], total[moved], total[traded], total[priced]};
}

// The complete graph, from sums over everyone (model.md 3 d), over ordered pairs:
//   Σ ‖½(a_u + a_v)‖² = ½ ((U − 2) Σ‖a_u‖² + ‖Σ a_u‖²)
//   Σ ‖½(a_u − a_v)‖² = ½ U Σ‖a_u‖²  for Σ a_u = 0
Sizes advance_everyone(const Terms& terms, const Community& community,
                       std::span<const double> theta, Iterate& iterate) {
  const std::size_t slots = terms.slots;
  const std::size_t rows = theta.size() / slots;
  std::vector<double> pairs(2 * theta.size());  // δ = θ − τ beside θ
  for (std::size_t i = 0; i < theta.size(); ++i) {
    double* row = &pairs[i / slots * 2 * slots];
    row[i % slots] = theta[i] - iterate.first[i];
    row[slots + i % slots] = theta[i];
  }
  const auto sums = community.sum(2 * slots, pairs);
  const auto everyone = static_cast<double>(community.prosumers);
  const bool centred = terms.memory > 0;
  std::vector<double> squares(rows * columns, 0.0);
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const std::size_t t = i % slots;
    const double move = centred ? theta[i] - sums[slots + t] / everyone : theta[i];
    double* row = &squares[i / slots * columns];
    row[missed] += squared(theta[i] - iterate.first[i]);
    iterate.second[i] += move;
    iterate.first[i] = theta[i];
    row[moved] += move * move;
    row[traded] += squared(iterate.second[i]);
    row[priced] += squared(theta[i]);
  }
  const auto total = community.sum(columns, squares);
  const auto like = [&](double square, std::size_t from) {
    return 0.5 * ((everyone - 2.0) * square + square_of(std::span(sums).subspan(from, slots)));
  };
  const Sizes sizes{like(total[missed], 0), 0.5 * everyone * total[moved],
                    0.5 * everyone * total[traded], like(total[priced], slots)};
  iterate.residual = std::sqrt(everyone * (everyone - 1.0) * sizes.missed);
  return sizes;
}

Sizes advance_partners(const Terms& terms, const Community& community,
                       std::span<const double> theta, Iterate& iterate) {
  const std::size_t rows = theta.size() / terms.slots;
  Coordinates change(theta.size());
  share_rows(theta.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      change[i] = theta[i] - iterate.first[i];
      iterate.second[i] += theta[i];
      iterate.first[i] = theta[i];
    }
  });
  if (terms.memory > 0) centre(terms, community, iterate.second);
  std::vector<double> parts(rows * columns, 0.0);
  const PartnerSizes sizes(terms, change, iterate, terms.memory > 0);
  share_rows(rows, numbers_of_row(terms.graph, terms.slots),
             [&](std::size_t first, std::size_t last) { sizes.set(first, last, parts); });
  const auto total = community.sum(columns, parts);
  iterate.residual = total[residual];
  return sizes_of(total);
}

Sizes advance_pairs(const Terms& terms, const Community& community, std::span<const double> trade,
                    Iterate& iterate) {
  const auto& graph = terms.graph;
  const std::size_t slots = terms.slots;
  const auto before = iterate.second;
  mirror_pairs(terms, trade, iterate);
  std::vector<double> parts(terms.prosumers() * columns, 0.0);
  for (std::size_t uv = 0; uv < graph.arcs(); ++uv) {
    double* row = &parts[graph.arc(uv).from * columns];
    double square = 0.0;
    for (std::size_t i = uv * slots; i < (uv + 1) * slots; ++i) {
      const double gap = iterate.second[i] - trade[i];
      iterate.first[i] += iterate.rho * gap;
      square += gap * gap;
      row[moved] += squared(iterate.second[i] - before[i]);
      row[traded] += squared(iterate.second[i]);
      row[priced] += squared(iterate.first[i] / iterate.rho);
    }
    row[missed] += square;
    row[residual] += std::sqrt(square);
  }
  const auto total = community.sum(columns, parts);
  iterate.residual = total[residual];
  return sizes_of(total);
}

Sizes advance(const Terms& terms, const Community& community, std::span<const double> decisions,
              Iterate& iterate) {
  if (terms.form == Form::pairwise) return advance_pairs(terms, community, decisions, iterate);
  if (community.everyone) return advance_everyone(terms, community, decisions, iterate);
  return advance_partners(terms, community, decisions, iterate);
}

// z ← z + (g(z) − z)/(1 + age). Not p' itself: on the way to a limit it would never get there.
void shorten_step(const Terms& terms, std::uint32_t age, const Iterate& from, Iterate& iterate) {
  const double part = 1.0 / (1.0 + static_cast<double>(age));
  const Point start = point_of(terms, from);
  Coordinates z = *point_of(terms, iterate);
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = (*start)[i] + part * (z[i] - (*start)[i]);
  set_point(terms, z, iterate);
}

// Func A where some decisions answer an earlier iterate. A delay of d iterations in a loop of gain
// 1 swings up; with gain 1/(1 + d) it does not.
void late_update(const Terms& terms, const Community& community, std::span<const double> decisions,
                 std::uint32_t age, Iterate& iterate) {
  const Iterate from = iterate;
  const Sizes sizes = advance(terms, community, decisions, iterate);
  shorten_step(terms, age, from, iterate);
  ++iterate.iteration;
  if (terms.memory == 0) return;
  iterate.at_rest = at_rest(sizes);
  if (converged(terms, iterate) || !balance(terms, sizes, iterate)) {
    forget_steps(iterate.acceleration);
  }
}

}  // namespace

void dual_update(const Terms& terms, std::span<const double> decisions, Iterate& iterate,
                 std::uint32_t age) {
  dual_update(terms, whole(terms), decisions, iterate, age);
}

void dual_update(const Terms& terms, const Community& community, std::span<const double> decisions,
                 Iterate& iterate, std::uint32_t age) {
  if (decisions.size() != iterate.first.size()) {
    throw Error("Func A got " + std::to_string(decisions.size()) + " numbers instead of " +
                std::to_string(iterate.first.size()));
  }
  if (age > 0) return late_update(terms, community, decisions, age, iterate);
  Point before;
  if (terms.memory > 0) before = point_of(terms, iterate);
  const Sizes sizes = advance(terms, community, decisions, iterate);
  ++iterate.iteration;
  if (terms.memory == 0) return;
  iterate.at_rest = at_rest(sizes);
  if (!converged(terms, iterate)) extrapolate(terms, community, before, sizes, iterate);
}

}  // namespace gridtally::market
