// Anderson's extrapolation and residual balancing (model.md 3 e), as far as they are small dense
// arithmetic that every validator repeats.
#include "market/acceleration.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::market {

namespace {

// η: keeps γ finite where successive steps are equal, as on the way across a region of prices in
// which nobody's plan changes.
constexpr double regularisation = 1e-8;
constexpr double rounding = 1e-10;  // added to the unit diagonal of the scaled equations
constexpr double longest = 50.0;    // ‖Σ γ Δz‖ in ‖f‖

// Balancing: early on quickly and by up to 100, afterwards at growing intervals, because every
// change makes the remembered steps useless.
constexpr int early = 8;
constexpr double early_most = 100.0;
constexpr int shortest_interval = 5;
constexpr double later_most = 10.0;
constexpr double tolerated = 4.0;
constexpr double rest = 1e-5;  // ‖p' moved‖/‖p'‖

bool same(const Point& a, const Point& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

bool same(const std::vector<Point>& a, const std::vector<Point>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Point& x, const Point& y) { return same(x, y); });
}

// Puts `last` (products with the kept ones, its own square at the end) below and beside `matrix`.
std::vector<double> bordered(const std::vector<double>& matrix, std::span<const double> last) {
  const std::size_t size = last.size();
  std::vector<double> result(size * size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      const bool old = i + 1 < size && j + 1 < size;
      result[i * size + j] = old ? matrix[i * (size - 1) + j] : last[std::min(i, j)];
    }
  }
  return result;
}

std::vector<double> without_first(const std::vector<double>& matrix, std::size_t size) {
  std::vector<double> result;
  for (std::size_t i = 1; i < size; ++i) {
    for (std::size_t j = 1; j < size; ++j) result.push_back(matrix[i * size + j]);
  }
  return result;
}

// L of A = L Lᵀ into the lower triangle; false when A is not positive definite.
bool factor(std::vector<double>& a, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) {
    for (std::size_t i = j; i < size; ++i) {
      double sum = a[i * size + j];
      for (std::size_t l = 0; l < j; ++l) sum -= a[i * size + l] * a[j * size + l];
      if (i > j) {
        a[i * size + j] = sum / a[j * size + j];
      } else if (sum > 0.0) {
        a[j * size + j] = std::sqrt(sum);
      } else {
        return false;
      }
    }
  }
  return true;
}

void substitute(const std::vector<double>& l, std::vector<double>& x) {
  const std::size_t size = x.size();
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < i; ++j) x[i] -= l[i * size + j] * x[j];
    x[i] /= l[i * size + i];
  }
  for (std::size_t i = size; i-- > 0;) {
    for (std::size_t j = i + 1; j < size; ++j) x[i] -= l[j * size + i] * x[j];
    x[i] /= l[i * size + i];
  }
}

// Shortens γ so that ‖Σ γ Δz‖ ≤ longest · ‖f‖.
void shorten(const Acceleration& memory, std::vector<double>& weights) {
  const std::size_t size = weights.size();
  double square = 0.0;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      square += weights[i] * weights[j] * memory.point_products[i * size + j];
    }
  }
  const double most = longest * longest * memory.square;
  if (!(square > most)) return;
  const double scale = std::sqrt(most / square);
  for (auto& weight : weights) weight *= scale;
}

}  // namespace

bool Acceleration::operator==(const Acceleration& other) const {
  return same(point, other.point) && same(step, other.step) && same(points, other.points) &&
         same(steps, other.steps) && step_products == other.step_products &&
         point_products == other.point_products && square == other.square &&
         extrapolated == other.extrapolated && changed == other.changed;
}

void forget_steps(Acceleration& memory) {
  const int changed = memory.changed;
  memory = {};
  memory.changed = changed;
}

void remember(Acceleration& memory, std::size_t most, const Change& change,
              std::span<const double> point_products, std::span<const double> step_products) {
  memory.point_products = bordered(memory.point_products, point_products);
  memory.step_products = bordered(memory.step_products, step_products);
  memory.points.push_back(change.point);
  memory.steps.push_back(change.step);
  memory.moves.push_back(change.move);
  if (memory.kept() <= most) return;
  memory.point_products = without_first(memory.point_products, memory.kept());
  memory.step_products = without_first(memory.step_products, memory.kept());
  memory.points.erase(memory.points.begin());
  memory.steps.erase(memory.steps.begin());
  memory.moves.erase(memory.moves.begin());
}

std::vector<double> extrapolation_weights(const Acceleration& memory,
                                          std::span<const double> right) {
  const std::size_t size = memory.kept();
  std::vector<double> matrix(size * size);
  std::vector<double> scale(size);
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    matrix[i] = memory.step_products[i] + regularisation * memory.point_products[i];
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (!(matrix[i * size + i] > 0.0)) return {};
    scale[i] = 1.0 / std::sqrt(matrix[i * size + i]);
  }
  std::vector<double> weights(size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) matrix[i * size + j] *= scale[i] * scale[j];
    matrix[i * size + i] += rounding;
    weights[i] = right[i] * scale[i];
  }
  if (!factor(matrix, size)) return {};
  substitute(matrix, weights);
  for (std::size_t i = 0; i < size; ++i) weights[i] *= scale[i];
  shorten(memory, weights);
  return weights;
}

bool at_rest(const Sizes& sizes) { return sizes.moved <= rest * rest * sizes.traded; }

double penalty_factor(const Acceleration& memory, int iteration, const Sizes& sizes) {
  const bool quick = iteration <= early;
  const int interval = std::max(shortest_interval, memory.changed / 2);
  if (quick ? iteration % 2 != 0 : iteration - memory.changed < interval) return 1.0;
  if (!(sizes.missed + sizes.moved > 0.0 && sizes.traded > 0.0 && sizes.priced > 0.0)) return 1.0;
  const double most = quick ? early_most : later_most;
  const double primal = std::sqrt(sizes.missed / sizes.traded);
  const double dual = std::sqrt(sizes.moved / sizes.priced);
  const bool too_large = dual > tolerated * primal && !at_rest(sizes);
  if (!(primal > tolerated * dual) && !too_large) return 1.0;
  const double ratio = dual > 0.0 ? primal / dual : most * most;
  const double factor = quick ? ratio : std::sqrt(ratio);
  return std::min(std::max(factor, 1.0 / most), most);
}

}  // namespace gridtally::market
