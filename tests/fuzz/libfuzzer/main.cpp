// The side of libFuzzer: one program for all targets, GRIDTALLY_FUZZ_TARGET names the one to feed.
// With GRIDTALLY_FUZZ_SEEDS it writes the seeds of all to <folder>/<target>/ and ends.
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "fuzz/material.hpp"
#include "fuzz/target.hpp"

namespace {

void write_seeds(const std::filesystem::path& folder) {
  for (const auto& target : gridtally::fuzz::all_targets()) {
    std::filesystem::create_directories(folder / target.name);
    int number = 0;
    for (const auto& seed : target.seeds()) {
      std::ofstream file(folder / target.name / ("seed-" + std::to_string(number++)),
                         std::ios::binary);
      file.write(reinterpret_cast<const char*>(seed.data()),
                 static_cast<std::streamsize>(seed.size()));
    }
  }
}

const gridtally::fuzz::Target& chosen() {
  static const auto& target = []() -> const gridtally::fuzz::Target& {
    const char* name = std::getenv("GRIDTALLY_FUZZ_TARGET");
    return gridtally::fuzz::target_named(name == nullptr ? "" : name);
  }();
  return target;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (const char* folder = std::getenv("GRIDTALLY_FUZZ_SEEDS")) {
    write_seeds(folder);
    std::exit(0);
  }
  (void)gridtally::fuzz::material();
  (void)gridtally::fuzz::work_folder();
  (void)chosen();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)gridtally::fuzz::feed(chosen(), {data, size});
  return 0;
}
