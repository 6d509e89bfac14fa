#pragma once

namespace gridtally::bench {

/// Each makes its benchmarks known to Google Benchmark.
void register_primal();
void register_warm();
void register_contract();
void register_private_files();

}  // namespace gridtally::bench
