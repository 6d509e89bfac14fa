#include "reference/cholesky.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::reference {

namespace {

// Below this share of the largest diagonal element a pivot is what rounding left of zero.
constexpr double vanishing = 1e-30;

std::size_t row(std::size_t i) { return i * (i + 1) / 2; }

double dot(const double* x, const double* y, std::size_t count) {
  double sum = 0.0;
  for (std::size_t k = 0; k < count; ++k) sum += x[k] * y[k];
  return sum;
}

}  // namespace

void factorise(std::size_t n, std::span<double> a) {
  double largest = 0.0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, a[row(i) + i]);
  for (std::size_t i = 0; i < n; ++i) {
    double* own = &a[row(i)];
    for (std::size_t j = 0; j < i; ++j) {
      const double* other = &a[row(j)];
      own[j] = (own[j] - dot(own, other, j)) * other[j];
    }
    const double pivot = own[i] - dot(own, own, i);
    own[i] = pivot > vanishing * largest ? 1.0 / std::sqrt(pivot) : 0.0;
  }
}

void solve_factorised(std::size_t n, std::span<const double> factor, std::span<double> b) {
  for (std::size_t i = 0; i < n; ++i) {
    b[i] = (b[i] - dot(&factor[row(i)], b.data(), i)) * factor[row(i) + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    b[i] *= factor[row(i) + i];
    for (std::size_t j = 0; j < i; ++j) b[j] -= factor[row(i) + j] * b[i];
  }
}

}  // namespace gridtally::reference
