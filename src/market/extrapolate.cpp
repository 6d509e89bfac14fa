// Anderson's extrapolation of Algorithm 1 (model.md 3 e). Func A maps z to g(z); f = g(z) − z.
//   collapsed  z = (τ, Θ): λ_uv = −ρ/2 (τ_u + τ_v), p'_uv = ½ (Θ_u − Θ_v)
//   pairwise   z_uv = p'_uv − λ_uv/ρ: p' is its mirrored, clipped part
// so that z_uv is the same in both, and ⟨a, b⟩ = Σ over ordered pairs of a_uv · b_uv. On rows:
//   ⟨(τ, Θ), (τ', Θ')⟩ = ½ Σ_u τ_u · (n_u τ'_u + Σ_v τ'_v) + ½ Σ_u Θ_u · (n_u Θ'_u − Σ_v Θ'_v)
#include "market/extrapolate.hpp"

#include <algorithm>
#include <utility>

#include "base/crew.hpp"
#include "market/partner_sum.hpp"

namespace gridtally::market {

namespace {

constexpr double tolerated_growth = 4.0;  // of ‖f‖² after an extrapolation

using Numbers = std::vector<double>;

Point minus(const Numbers& a, const Numbers& b) {
  auto result = std::make_shared<Numbers>(a.size());
  share_rows(a.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) (*result)[i] = a[i] - b[i];
  });
  return result;
}

// The half of b's image that goes with `sign`: ½ (n_u b_u + sign Σ_v b_v).
void set_image(const Terms& terms, const Community& community, double sign,
               std::span<const double> rows, std::span<double> image) {
  const std::size_t slots = terms.slots;
  Numbers all;
  if (community.everyone) all = community.sum(slots, rows);
  const std::size_t numbers = community.everyone ? slots : numbers_of_row(terms.graph, slots);
  share_rows(terms.prosumers(), numbers, [&](std::size_t first, std::size_t last) {
    Numbers sum(slots);
    for (std::size_t u = first; u < last; ++u) {
      const double* row = &rows[u * slots];
      if (community.everyone) {
        for (std::size_t t = 0; t < slots; ++t) sum[t] = all[t] - row[t];
      } else {
        sum_partners(terms.graph, u, slots, rows, sum);
      }
      const double partners = community.partners(terms.graph, u);
      double* out = &image[u * slots];
      for (std::size_t t = 0; t < slots; ++t) out[t] = 0.5 * (partners * row[t] + sign * sum[t]);
    }
  });
}

// W b with ⟨a, b⟩ = a · W b.
Numbers image_of(const Terms& terms, const Community& community, const Numbers& b) {
  if (terms.form == Form::pairwise) return b;
  Numbers image(b.size());
  const std::size_t half = b.size() / 2;
  const std::span<const double> rows(b);
  const std::span<double> out(image);
  set_image(terms, community, 1.0, rows.first(half), out.first(half));
  set_image(terms, community, -1.0, rows.subspan(half), out.subspan(half));
  return image;
}

double product(const Numbers& a, const Numbers& b, std::size_t first, std::size_t count) {
  double sum = 0.0;
  for (std::size_t i = first; i < first + count; ++i) sum += a[i] * b[i];
  return sum;
}

// Prosumer u's part of ⟨a, b⟩.
double part(const Terms& terms, std::size_t u, const Numbers& a, const Numbers& image) {
  const std::size_t offset = terms.decision_offset(u);
  const std::size_t size = terms.decision_size(u);
  const double sum = product(a, image, offset, size);
  if (terms.form == Form::pairwise) return sum;
  return sum + product(a, image, a.size() / 2 + offset, size);
}

using Factors = std::vector<std::pair<const Numbers*, const Numbers*>>;

// ⟨a, b⟩ for each (a, W b).
Numbers products(const Terms& terms, const Community& community, const Factors& factors) {
  const std::size_t width = factors.size();
  Numbers rows(terms.prosumers() * width);
  if (rows.empty()) return community.sum(width, rows);  // a process may hold nobody
  const std::size_t numbers = width * factors[0].first->size() / terms.prosumers();
  share_rows(terms.prosumers(), numbers, [&](std::size_t first, std::size_t last) {
    for (std::size_t u = first; u < last; ++u) {
      for (std::size_t i = 0; i < width; ++i) {
        rows[u * width + i] = part(terms, u, *factors[i].first, *factors[i].second);
      }
    }
  });
  return community.sum(width, rows);
}

// λ and p' stay as they are; τ = −λ/ρ changes with ρ.
void change_penalty(const Terms& terms, double rho, Iterate& iterate) {
  if (terms.form == Form::collapsed) {
    for (auto& value : iterate.first) value = value * iterate.rho / rho;
  }
  iterate.rho = rho;
  forget_steps(iterate.acceleration);
  iterate.acceleration.changed = iterate.iteration;
}

// ⟨f, f⟩ and, when a step is remembered, the products that extend the memory by the new one.
Numbers remember_step(const Terms& terms, const Community& community, const Point& before,
                      const Point& step, Acceleration& memory) {
  const Numbers image = image_of(terms, community, *step);
  Factors factors{{step.get(), &image}};
  if (memory.step == nullptr) return products(terms, community, factors);
  const Point point_change = minus(*before, *memory.point);
  const Point step_change = minus(*step, *memory.step);
  const Numbers point_image = image_of(terms, community, *point_change);
  const Numbers step_image = image_of(terms, community, *step_change);
  auto points = memory.points;
  auto steps = memory.steps;
  points.push_back(point_change);
  steps.push_back(step_change);
  for (const auto& each : steps) factors.emplace_back(each.get(), &image);
  for (const auto& each : points) factors.emplace_back(each.get(), &point_image);
  for (const auto& each : steps) factors.emplace_back(each.get(), &step_image);
  auto sums = products(terms, community, factors);
  const std::size_t count = steps.size();
  const std::span<const double> all(sums);
  remember(memory, terms.memory, point_change, step_change, all.subspan(1 + count, count),
           all.subspan(1 + 2 * count, count));
  sums.resize(1 + count);
  if (count > memory.kept()) sums.erase(sums.begin() + 1);
  return sums;
}

// z = g(z) − Σ γ_i (Δz_i + Δf_i), for γ from the products of f with Δf.
bool set_extrapolated(const Terms& terms, std::span<const double> right, Iterate& iterate) {
  const auto& memory = iterate.acceleration;
  const Numbers weights = extrapolation_weights(memory, right);
  if (weights.empty()) return false;
  Numbers z(memory.point->size());
  share_rows(z.size(), 1 + weights.size(), [&](std::size_t first, std::size_t last) {
    const Numbers& start = *memory.point;
    const Numbers& plain = *memory.step;
    for (std::size_t i = first; i < last; ++i) z[i] = start[i] + plain[i];
    for (std::size_t j = 0; j < weights.size(); ++j) {
      const Numbers& point = *memory.points[j];
      const Numbers& step = *memory.steps[j];
      for (std::size_t i = first; i < last; ++i) z[i] -= weights[j] * (point[i] + step[i]);
    }
  });
  set_point(terms, z, iterate);
  return true;
}

// The plain step from the last point that an extrapolation left.
void go_back(const Terms& terms, Iterate& iterate) {
  Numbers z = *iterate.acceleration.point;
  for (std::size_t i = 0; i < z.size(); ++i) z[i] += (*iterate.acceleration.step)[i];
  forget_steps(iterate.acceleration);
  set_point(terms, z, iterate);
}

}  // namespace

Point point_of(const Terms& terms, const Iterate& iterate) {
  auto z = std::make_shared<Numbers>(iterate.first);
  if (terms.form == Form::collapsed) {
    z->insert(z->end(), iterate.second.begin(), iterate.second.end());
  } else {
    for (std::size_t i = 0; i < z->size(); ++i) {
      (*z)[i] = iterate.second[i] - iterate.first[i] / iterate.rho;
    }
  }
  return z;
}

void set_point(const Terms& terms, std::span<const double> z, Iterate& iterate) {
  if (terms.form == Form::collapsed) {
    const auto half = z.begin() + static_cast<std::ptrdiff_t>(z.size() / 2);
    iterate.first.assign(z.begin(), half);
    iterate.second.assign(half, z.end());
    return;
  }
  std::fill(iterate.first.begin(), iterate.first.end(), 0.0);
  mirror_pairs(terms, z, iterate);
  for (std::size_t i = 0; i < z.size(); ++i) {
    iterate.first[i] = iterate.rho * (iterate.second[i] - z[i]);
  }
}

void mirror_pairs(const Terms& terms, std::span<const double> trade, Iterate& iterate) {
  const auto& graph = terms.graph;
  const std::size_t slots = terms.slots;
  const auto& lambda = iterate.first;
  for (std::size_t uv = 0; uv < graph.arcs(); ++uv) {
    const auto [u, v, limit] = graph.arc(uv);
    if (u > v) continue;
    const std::size_t vu = graph.mirror(uv);
    for (std::size_t t = 0; t < slots; ++t) {
      const std::size_t i = uv * slots + t;
      const std::size_t j = vu * slots + t;
      const double agreed =
          0.5 * (trade[i] - trade[j]) - (lambda[i] - lambda[j]) / (2.0 * iterate.rho);
      iterate.second[i] = std::min(std::max(agreed, -limit), limit);
      iterate.second[j] = -iterate.second[i];
    }
  }
}

void centre(const Terms& terms, const Community& community, std::span<double> rows) {
  auto mean = community.sum(terms.slots, rows);
  for (auto& value : mean) value /= static_cast<double>(community.prosumers);
  const std::size_t slots = terms.slots;
  share_rows(rows.size() / slots, slots, [&](std::size_t first, std::size_t last) {
    for (std::size_t u = first; u < last; ++u) {
      for (std::size_t t = 0; t < slots; ++t) rows[u * slots + t] -= mean[t];
    }
  });
}

bool balance(const Terms& terms, const Sizes& sizes, Iterate& iterate) {
  const double factor = penalty_factor(iterate.acceleration, iterate.iteration, sizes);
  if (factor == 1.0) return false;
  change_penalty(terms, iterate.rho * factor, iterate);
  return true;
}

void extrapolate(const Terms& terms, const Community& community, const Point& before,
                 const Sizes& sizes, Iterate& iterate) {
  if (balance(terms, sizes, iterate)) return;
  auto& memory = iterate.acceleration;
  const Point step = minus(*point_of(terms, iterate), *before);
  Acceleration next = memory;
  const Numbers sums = remember_step(terms, community, before, step, next);
  if (memory.extrapolated && !(sums[0] <= tolerated_growth * memory.square)) {
    go_back(terms, iterate);
    return;
  }
  memory = std::move(next);
  memory.point = before;
  memory.step = step;
  memory.square = sums[0];
  memory.extrapolated = memory.kept() > 0 &&
                        set_extrapolated(terms, std::span<const double>(sums).subspan(1), iterate);
}

}  // namespace gridtally::market
