#pragma once

namespace gridtally::bench {

/// Each makes its benchmarks known to Google Benchmark.
void register_primal();
void register_contract();

}  // namespace gridtally::bench
