#pragma once

#include <cstddef>
#include <span>

namespace gridtally::reference {

/// Cholesky factor of a symmetric positive definite matrix of size n, given by its lower triangle
/// row by row and overwritten: L, with 1/L_jj on the diagonal. Serial, in an order that n alone
/// decides. An equation whose pivot vanishes (nobody can answer a price) is left out.
void factorise(std::size_t n, std::span<double> a);

/// Solves L L' x = b in place; x = 0 where an equation was left out.
void solve_factorised(std::size_t n, std::span<const double> factor, std::span<double> b);

}  // namespace gridtally::reference
