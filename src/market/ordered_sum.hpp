// Sums over prosumers in one fixed order (model.md 5), which several processes can share:
//   total = ((0 + B_0) + B_1) + …,   B_b = ((0 + row_256b) + row_256b+1) + … of 256 rows.
// A process that owns whole blocks sums them alone; block sums put together in block order then
// give the same bits as one process. Up to 256 rows, this is the plain sum in row order.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gridtally::market {

inline constexpr std::size_t rows_per_block = 256;

inline std::size_t block_count(std::size_t rows) {
  return (rows + rows_per_block - 1) / rows_per_block;
}

/// The sums of each block, row-major [blocks][width]. `term(row, column)` is the number to be
/// summed; row 0 must begin a block.
template <class Term>
std::vector<double> block_sums(std::size_t rows, std::size_t width, const Term& term) {
  std::vector<double> sums(block_count(rows) * width, 0.0);
  for (std::size_t row = 0; row < rows; ++row) {
    double* sum = sums.data() + row / rows_per_block * width;
    for (std::size_t column = 0; column < width; ++column) sum[column] += term(row, column);
  }
  return sums;
}

/// The sum of rows of `width` numbers, in row order: of all block sums, in block order, the total.
inline std::vector<double> sum_in_order(std::span<const double> rows, std::size_t width) {
  std::vector<double> total(width, 0.0);
  for (std::size_t i = 0; i < rows.size(); i += width) {
    for (std::size_t column = 0; column < width; ++column) total[column] += rows[i + column];
  }
  return total;
}

/// Σ_row term(row, ·), one number a column, in the order above.
template <class Term>
std::vector<double> ordered_sum(std::size_t rows, std::size_t width, const Term& term) {
  return sum_in_order(block_sums(rows, width, term), width);
}

/// Σ values in the order above.
inline double ordered_sum(std::span<const double> values) {
  return ordered_sum(values.size(), 1,
                     [&](std::size_t row, std::size_t) { return values[row]; })[0];
}

}  // namespace gridtally::market
