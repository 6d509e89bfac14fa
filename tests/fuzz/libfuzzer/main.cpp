// The side of libFuzzer: one program for all targets, GRIDTALLY_FUZZ_TARGET names the one to feed.
// Before the first input it asks for the file /gridtally-fuzz-begins: who watches its calls tells
// by that what belongs to an input. With GRIDTALLY_FUZZ_INPUTS it writes what it would be fed, to
// <folder>/seeds/<target>/ and <folder>/kept/<target>/, and ends.
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "fuzz/targets/kept.hpp"
#include "fuzz/targets/material.hpp"
#include "fuzz/targets/target.hpp"

namespace {

void write(const std::filesystem::path& path, const gridtally::fuzz::Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

void write_inputs(const std::filesystem::path& folder) {
  for (const auto& target : gridtally::fuzz::all_targets()) {
    const auto seeds = folder / "seeds" / target.name;
    const auto kept = folder / "kept" / target.name;
    std::filesystem::create_directories(seeds);
    std::filesystem::create_directories(kept);
    int number = 0;
    for (const auto& seed : target.seeds())
      write(seeds / ("seed-" + std::to_string(number++)), seed);
    for (const auto& input : gridtally::fuzz::kept_inputs(target)) {
      write(kept / input.path.filename(), input.bytes);
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
  if (const char* folder = std::getenv("GRIDTALLY_FUZZ_INPUTS")) {
    write_inputs(folder);
    std::exit(0);
  }
  (void)gridtally::fuzz::work_folder();
  (void)chosen().seeds();  // so that all they are made of is there
  (void)std::filesystem::exists("/gridtally-fuzz-begins");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)gridtally::fuzz::feed(chosen(), {data, size});
  return 0;
}
