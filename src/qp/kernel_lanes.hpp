// Vectors of W doubles side by side, and what every part of the kernel does with them. Included by
// the kernels only, which are compiled once per width.
#pragma once

#include <cstddef>
#include <initializer_list>

namespace gridtally::qp::kernel {
namespace {

template <int W>
struct Lanes {
  // GCC takes the attribute with a dependent size in a typedef only.
  typedef double Vector __attribute__((vector_size(8 * W)));   // NOLINT(modernize-use-using)
  typedef long long Mask __attribute__((vector_size(8 * W)));  // NOLINT(modernize-use-using)
};

template <int W>
struct Arithmetic {
  using V = typename Lanes<W>::Vector;
  using M = typename Lanes<W>::Mask;

  static V broadcast(double value) { return V{} + value; }
  static V pick(M which, V yes, V no) { return which ? yes : no; }
  static V larger(V a, V b) { return pick(a > b, a, b); }
  static V smaller(V a, V b) { return pick(a < b, a, b); }
  static V magnitude(V a) { return pick(a < V{}, -a, a); }
  static M nowhere() { return M{}; }
  static M everywhere() { return ~M{}; }
  static bool any(M which) {
    for (int i = 0; i < W; ++i) {
      if (which[i] != 0) return true;
    }
    return false;
  }
};

}  // namespace
}  // namespace gridtally::qp::kernel
