#pragma once

#include <cstddef>
#include <type_traits>

namespace gridtally {

namespace detail {

#if defined(__x86_64__)
template <class Work>
__attribute__((target("avx2"), flatten)) void run_with_avx2(const Work& work) {
  work(std::integral_constant<std::size_t, 4>());
}
#endif

}  // namespace detail

/// Doubles side by side in the vectors that this processor has: 4 with AVX2, else 2.
inline std::size_t widest_lanes() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return 4;
#endif
  return 2;
}

/// Calls `work(lanes)`, a constant, in code that was compiled for vectors of so many doubles: at
/// most widest_lanes(). What is to gain from it must be inlined into `work`, as GCC does. The width
/// changes no bit of what is computed: sums keep their order, and products and sums are not
/// contracted.
template <class Work>
void run_wide(const Work& work, [[maybe_unused]] std::size_t lanes = widest_lanes()) {
#if defined(__x86_64__)
  if (lanes == 4) return detail::run_with_avx2(work);
#endif
  work(std::integral_constant<std::size_t, 2>());
}

}  // namespace gridtally
