// Anderson's extrapolation of Algorithm 1 (model.md 3 e). Func A maps z to g(z); f = g(z) − z.
//   collapsed  z = (τ, Θ): λ_uv = −ρ/2 (τ_u + τ_v), p'_uv = ½ (Θ_u − Θ_v)
//   pairwise   z_uv = p'_uv − λ_uv/ρ: p' is its mirrored, clipped part
// so that z_uv is the same in both, and ⟨a, b⟩ = Σ over ordered pairs of a_uv · b_uv. On rows:
//   ⟨(τ, Θ), (τ', Θ')⟩ = ½ Σ_u τ_u · (n_u τ'_u + Σ_v τ'_v) + ½ Σ_u Θ_u · (n_u Θ'_u − Σ_v Θ'_v)
#include "market/extrapolate.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/crew.hpp"
#include "market/partner_sum.hpp"
#include "market/products.hpp"

namespace gridtally::market {

namespace {

constexpr double tolerated_growth = 4.0;  // of ‖f‖² after an extrapolation

using Numbers = std::vector<double>;
using View = std::span<const double>;

Point minus(View a, View b) {
  auto result = std::make_shared<Coordinates>(a.size());
  share_rows(a.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) (*result)[i] = a[i] - b[i];
  });
  return result;
}

// From the memory's point and step to these.
Change change_to(View point, View step, const Acceleration& memory) {
  const std::size_t size = point.size();
  const auto z = std::make_shared<Coordinates>(size);
  const auto f = std::make_shared<Coordinates>(size);
  const auto both = std::make_shared<Coordinates>(size);
  const auto set = [&, from = memory.point->data(), of_from = memory.step->data(),
                    point_change = z->data(), step_change = f->data(),
                    move = both->data()](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      point_change[i] = point[i] - from[i];
      step_change[i] = step[i] - of_from[i];
      move[i] = point_change[i] + step_change[i];
    }
  };
  share_rows(size, 3, set);
  return {z, f, both};
}

// The half of b's image that goes with `sign`: ½ (n_u b_u + sign Σ_v b_v).
void set_image(const Terms& terms, const Community& community, double sign,
               std::span<const double> rows, std::span<double> image) {
  const std::size_t slots = terms.slots;
  Numbers all;
  if (community.everyone) all = community.sum(slots, rows);
  const std::size_t numbers = community.everyone ? slots : numbers_of_row(terms.graph, slots);
  const auto set = [&](std::size_t u, std::size_t slot, std::span<const double> sums) {
    const double partners = community.partners(terms.graph, u);
    for (std::size_t t = 0; t < sums.size(); ++t) {
      const std::size_t i = u * slots + slot + t;
      image[i] = 0.5 * (partners * rows[i] + sign * sums[t]);
    }
  };
  share_rows(terms.prosumers(), numbers, [&](std::size_t first, std::size_t last) {
    if (community.everyone) return sum_everyone_else(all, first, last, rows, set);
    sum_partners(terms.graph, first, last, slots, rows, set);
  });
}

// W b with ⟨a, b⟩ = a · W b.
class Image {
 public:
  Image(const Terms& terms, const Community& community, View b) : numbers_(b) {
    if (terms.form == Form::pairwise) return;
    own_.resize(b.size());
    numbers_ = own_;
    const std::size_t half = b.size() / 2;
    const std::span<double> own(own_);
    set_image(terms, community, 1.0, b.first(half), own.first(half));
    set_image(terms, community, -1.0, b.subspan(half), own.subspan(half));
  }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  [[nodiscard]] View numbers() const { return numbers_; }

 private:
  Coordinates own_;
  View numbers_;
};

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
  const Image image(terms, community, *step);
  if (memory.step == nullptr) return products(terms, community, {{image.numbers(), {*step}}});
  const Change change = change_to(*before, *step, memory);
  const Image point_image(terms, community, *change.point);
  const Image step_image(terms, community, *change.step);
  auto points = memory.points;
  auto steps = memory.steps;
  points.push_back(change.point);
  steps.push_back(change.step);
  std::vector<Factors> groups{
      {image.numbers(), {*step}}, {point_image.numbers(), {}}, {step_image.numbers(), {}}};
  for (const auto& each : points) groups[1].vectors.emplace_back(*each);
  for (const auto& each : steps) {
    groups[0].vectors.emplace_back(*each);
    groups[2].vectors.emplace_back(*each);
  }
  auto sums = products(terms, community, groups);
  const std::size_t count = steps.size();
  const std::span<const double> all(sums);
  remember(memory, terms.memory, change, all.subspan(1 + count, count),
           all.subspan(1 + 2 * count, count));
  sums.resize(1 + count);
  if (count > memory.kept()) sums.erase(sums.begin() + 1);
  return sums;
}

// The numbers of z = g(z) − Σ γ_i (Δz_i + Δf_i) from `first` to before `last`, into z.
void extrapolate_some(const Acceleration& memory, View weights, std::size_t first, std::size_t last,
                      double* z) {
  constexpr std::size_t near = 512;  // numbers of z that stay in a cache meanwhile
  for (std::size_t some = first; some < last; some += near, z += near) {
    const std::size_t count = std::min(near, last - some);
    const double* start = memory.point->data() + some;
    const double* plain = memory.step->data() + some;
    for (std::size_t i = 0; i < count; ++i) z[i] = start[i] + plain[i];
    for (std::size_t j = 0; j < weights.size(); ++j) {
      const double* move = memory.moves[j]->data() + some;
      for (std::size_t i = 0; i < count; ++i) z[i] -= weights[j] * move[i];
    }
  }
}

bool set_extrapolated(const Terms& terms, View right, Iterate& iterate) {
  const auto& memory = iterate.acceleration;
  const Numbers weights = extrapolation_weights(memory, right);
  if (weights.empty()) return false;
  const std::size_t size = memory.point->size();
  const auto set = [&](std::size_t offset, std::span<double> z) {
    share_rows(z.size(), 1 + weights.size(), [&](std::size_t first, std::size_t last) {
      extrapolate_some(memory, weights, offset + first, offset + last, z.data() + first);
    });
  };
  if (terms.form == Form::collapsed) {
    set(0, iterate.first);
    set(size / 2, iterate.second);
  } else {
    Coordinates z(size);
    set(0, z);
    set_point(terms, z, iterate);
  }
  return true;
}

// f = g(z) − z: from z to where the iterate is.
Point step_from(const Terms& terms, View z, const Iterate& iterate) {
  if (terms.form == Form::pairwise) return minus(*point_of(terms, iterate), z);
  auto step = std::make_shared<Coordinates>(z.size());
  const std::size_t half = z.size() / 2;
  share_rows(half, 2, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      (*step)[i] = iterate.first[i] - z[i];
      (*step)[half + i] = iterate.second[i] - z[half + i];
    }
  });
  return step;
}

// The plain step from the last point that an extrapolation left.
void go_back(const Terms& terms, Iterate& iterate) {
  Coordinates z = *iterate.acceleration.point;
  for (std::size_t i = 0; i < z.size(); ++i) z[i] += (*iterate.acceleration.step)[i];
  forget_steps(iterate.acceleration);
  set_point(terms, z, iterate);
}

}  // namespace

Point point_of(const Terms& terms, const Iterate& iterate) {
  const std::size_t size = iterate.first.size();
  const bool collapsed = terms.form == Form::collapsed;
  auto z = std::make_shared<Coordinates>(collapsed ? 2 * size : size);
  share_rows(size, 2, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      if (collapsed) {
        (*z)[i] = iterate.first[i];
        (*z)[size + i] = iterate.second[i];
      } else {
        (*z)[i] = iterate.second[i] - iterate.first[i] / iterate.rho;
      }
    }
  });
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
  const Point step = step_from(terms, *before, iterate);
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
  memory.extrapolated =
      memory.kept() > 0 && set_extrapolated(terms, View(sums).subspan(1), iterate);
}

}  // namespace gridtally::market
