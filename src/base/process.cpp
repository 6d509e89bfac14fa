#include "base/process.hpp"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

namespace gridtally {

unsigned processors() {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  if (sched_getaffinity(0, sizeof(mine), &mine) == 0) {
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&mine)));
  }
  return std::max(1U, std::thread::hardware_concurrency());  // more than cpu_set_t has
}

std::uint64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name;) {
    std::uint64_t kilobytes = 0;
    if (name == "VmHWM:" && status >> kilobytes) return kilobytes << 10U;
  }
  rusage usage{};  // counts what the parent had before exec
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) << 10U;
}

void keep_freed_memory() {
  // The first is the most that every glibc takes. Without it the second would only stop the C
  // library from finding thresholds by itself.
  constexpr int largest_array = 32 << 20;  // bytes
  constexpr int most_kept = 256 << 20;
  if (mallopt(M_MMAP_THRESHOLD, largest_array) == 1) mallopt(M_TRIM_THRESHOLD, most_kept);
}

}  // namespace gridtally
