#pragma once

#include <Eigen/Dense>

#include "qp/day_problem.hpp"

namespace gridtally::reference {

/// How a prosumer's net trade answers at the point where Blocks starts, from the whole Newton
/// system of its day put together row by row and solved dense.
struct DenseNewton {
  Eigen::VectorXd supply;    ///< s + ds of the affine step at unchanged prices [kWh]
  Eigen::MatrixXd response;  ///< −∂s/∂p
};
DenseNewton dense_newton(const qp::DayProblem& day, const double* price);

}  // namespace gridtally::reference
