#pragma once

#include <string>

#include "ledger_bench/rates.hpp"

namespace gridtally::ledger_bench {

/// What one number of validators came to: saturation, delays, memory and processor time at the
/// paper's rate, each beside its bar, and where the time goes.
std::string summary(const RateSearch& search);

}  // namespace gridtally::ledger_bench
