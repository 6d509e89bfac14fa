#pragma once

#include <vector>

#include "qp/day_problem.hpp"

namespace gridtally::qp {

/// Every number of a point, to compare bits.
inline std::vector<double> numbers_of(const Solution& x) {
  std::vector<double> all{x.peak, x.flexible_price, static_cast<double>(x.iterations)};
  for (const auto* row : {&x.grid, &x.renewable, &x.flexible, &x.charge, &x.discharge, &x.stored,
                          &x.reserve, &x.net_trade, &x.unserved, &x.spilled, &x.price,
                          &x.battery_price, &x.peak_share, &x.reserve_share}) {
    all.insert(all.end(), row->begin(), row->end());
  }
  return all;
}

}  // namespace gridtally::qp
