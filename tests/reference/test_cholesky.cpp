#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <vector>

#include "qp/random_day.hpp"
#include "reference/cholesky.hpp"

namespace gridtally::reference {
namespace {

TEST(Cholesky, SolvesLikeADenseSolver) {
  constexpr Eigen::Index n = 24;
  qp::Numbers number(1);
  Eigen::MatrixXd root(n, n);
  for (auto& value : root.reshaped()) value = number(-1.0, 1.0);
  const Eigen::MatrixXd matrix = root * root.transpose() + Eigen::MatrixXd::Identity(n, n);
  Eigen::VectorXd right(n);
  for (auto& value : right) value = number(-1.0, 1.0);
  std::vector<double> lower;
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j <= i; ++j) lower.push_back(matrix(i, j));
  }
  std::vector<double> x(right.begin(), right.end());
  factorise(n, lower);
  solve_factorised(n, lower, x);
  const Eigen::VectorXd expected = matrix.ldlt().solve(right);
  for (Eigen::Index i = 0; i < n; ++i) {
    EXPECT_NEAR(x[static_cast<std::size_t>(i)], expected(i), 1e-12);
  }
}

TEST(Cholesky, LeavesOutWhatNobodyAnswers) {
  std::vector<double> lower{4.0, 0.0, 0.0, 2.0, 0.0, 5.0};
  std::vector<double> x{8.0, 3.0, 12.0};
  factorise(3, lower);
  solve_factorised(3, lower, x);
  EXPECT_DOUBLE_EQ(x[0], 1.0);  // [4 2; 2 5] x = [8 12]
  EXPECT_EQ(x[1], 0.0);
  EXPECT_DOUBLE_EQ(x[2], 2.0);
}

}  // namespace
}  // namespace gridtally::reference
