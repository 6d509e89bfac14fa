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
  constexpr int most = 1 << 30;  // bytes
  mallopt(M_MMAP_THRESHOLD, most);
  mallopt(M_TRIM_THRESHOLD, most);
}

}  // namespace gridtally
