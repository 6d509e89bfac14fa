// A sum has to take its terms one after the other, but sums of several vectors need not wait for
// each other: each step adds to all of them.
#include "market/products.hpp"

#include <algorithm>
#include <cstddef>

#include "base/crew.hpp"
#include "market/acceleration.hpp"

namespace gridtally::market {

namespace {

constexpr std::size_t at_once = 5;  // vectors: their sums, and what goes into them, fit registers
constexpr std::size_t near = 32;    // prosumers whose numbers stay in a cache for all vectors

using View = std::span<const double>;
using Some = const double* [at_once];

// Of vectors `first` to first + at_once; beyond the last it stands again.
void choose(const std::vector<View>& vectors, std::size_t first, Some& some) {
  for (std::size_t j = 0; j < at_once; ++j) {
    some[j] = vectors[std::min(first + j, vectors.size() - 1)].data();
  }
}

struct Sums {
  double of[at_once] = {};
};

Sums add_up(const Some& some, const double* image, std::size_t first, std::size_t last) {
  Sums sums;
  for (std::size_t i = first; i < last; ++i) {
    for (std::size_t j = 0; j < at_once; ++j) sums.of[j] += some[j][i] * image[i];
  }
  return sums;
}

// Prosumer u's parts of the products of some vectors with an image.
Sums parts(const Terms& terms, std::size_t u, const Some& some, View image) {
  const std::size_t offset = terms.decision_offset(u);
  const std::size_t end = offset + terms.decision_size(u);
  auto sums = add_up(some, image.data(), offset, end);
  if (terms.form == Form::pairwise) return sums;
  const std::size_t half = image.size() / 2;
  const auto second = add_up(some, image.data(), half + offset, half + end);
  for (std::size_t j = 0; j < at_once; ++j) sums.of[j] += second.of[j];
  return sums;
}

}  // namespace

std::vector<double> products(const Terms& terms, const Community& community,
                             const std::vector<Factors>& groups) {
  std::size_t width = 0;
  for (const auto& group : groups) width += group.vectors.size();
  Coordinates rows(terms.prosumers() * width);
  if (rows.empty()) return community.sum(width, rows);  // a process may hold nobody
  const std::size_t numbers = width * groups[0].image.size() / terms.prosumers();
  share_rows(terms.prosumers(), numbers, [&](std::size_t first, std::size_t last) {
    for (std::size_t begin = first; begin < last; begin += near) {
      double* column = rows.data();
      for (const auto& [image, vectors] : groups) {
        for (std::size_t v = 0; v < vectors.size(); v += at_once) {
          const std::size_t count = std::min(at_once, vectors.size() - v);
          Some some;
          choose(vectors, v, some);
          for (std::size_t u = begin; u < std::min(begin + near, last); ++u) {
            const auto sums = parts(terms, u, some, image);
            std::copy_n(sums.of, count, column + u * width);
          }
          column += count;
        }
      }
    }
  });
  return community.sum(width, rows);
}

}  // namespace gridtally::market
