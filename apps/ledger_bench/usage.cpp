#include "ledger_bench/usage.hpp"

#include <sys/resource.h>

#include <fstream>

#include "base/process.hpp"

namespace gridtally::ledger_bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

rusage usage_of_process() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double processor_time() {
  const auto usage = usage_of_process();
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Of peak_memory(): the kernel's own, of getrusage, cannot be forgotten.
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace

UsageMeter::UsageMeter() : cpu_(processor_time()) { forget_peak(); }

Usage UsageMeter::so_far() const {
  Usage usage;
  usage.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  usage.cpu = processor_time() - cpu_;
  usage.rss = 1e-6 * static_cast<double>(peak_memory());
  return usage;
}

}  // namespace gridtally::ledger_bench
