// Several rows at a time, one in each lane of a vector (base/wide.hpp): each sum takes its terms
// one after the other, but does not wait for those of other rows. Vectors are passed by reference
// only: how values of four lanes are passed depends on what a function was compiled for.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

namespace gridtally::market {

template <std::size_t lanes>
struct Vectors {
  // GCC takes the attribute with a dependent size in a typedef only.
  typedef double Vector __attribute__((vector_size(8 * lanes)));  // NOLINT(modernize-use-using)
};

// A number of each of some prosumers.
template <std::size_t lanes>
using Lanes = typename Vectors<lanes>::Vector;

template <std::size_t lanes>
using Rows = std::array<const double*, lanes>;

template <class Vector>
void load(const double* from, Vector& vector) {
  std::memcpy(&vector, from, sizeof vector);
}
template <class Vector>
void store(const Vector& vector, double* to) {
  std::memcpy(to, &vector, sizeof vector);
}

// Calls use(t, numbers of slot t) for two slots, of two rows.
template <class Use>
void use_block(std::size_t t, const Rows<2>& rows, const Use& use) {
  using Two = Lanes<2>;
  Two a;
  Two b;
  load(rows[0] + t, a);
  load(rows[1] + t, b);
  use(t, Two{a[0], b[0]});
  use(t + 1, Two{a[1], b[1]});
}

// The same for four slots, of four rows.
template <class Use>
void use_block(std::size_t t, const Rows<4>& rows, const Use& use) {
  using Four = Lanes<4>;
  Four a;
  Four b;
  Four c;
  Four d;
  load(rows[0] + t, a);
  load(rows[1] + t, b);
  load(rows[2] + t, c);
  load(rows[3] + t, d);
  const Four ab_even = __builtin_shufflevector(a, b, 0, 4, 2, 6);
  const Four ab_odd = __builtin_shufflevector(a, b, 1, 5, 3, 7);
  const Four cd_even = __builtin_shufflevector(c, d, 0, 4, 2, 6);
  const Four cd_odd = __builtin_shufflevector(c, d, 1, 5, 3, 7);
  use(t, __builtin_shufflevector(ab_even, cd_even, 0, 1, 4, 5));
  use(t + 1, __builtin_shufflevector(ab_odd, cd_odd, 0, 1, 4, 5));
  use(t + 2, __builtin_shufflevector(ab_even, cd_even, 2, 3, 6, 7));
  use(t + 3, __builtin_shufflevector(ab_odd, cd_odd, 2, 3, 6, 7));
}

// Calls use(t, numbers of slot t) for each slot of some rows.
template <std::size_t lanes, class Use>
void for_slots(std::size_t slots, const Rows<lanes>& rows, const Use& use) {
  std::size_t t = 0;
  for (; t + lanes <= slots; t += lanes) use_block(t, rows, use);
  for (; t < slots; ++t) {
    Lanes<lanes> numbers;
    for (std::size_t lane = 0; lane < lanes; ++lane) numbers[lane] = rows[lane][t];
    use(t, numbers);
  }
}

}  // namespace gridtally::market
