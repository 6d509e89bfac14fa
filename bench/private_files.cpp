// Time of writing private files, of one home each and one settled day, to a temporary folder; made
// durable as in a run.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "archive/private_file.hpp"
#include "archive/private_sample.hpp"
#include "archive/private_store.hpp"
#include "base/error.hpp"
#include "registry.hpp"

namespace gridtally::bench {

namespace {

/// A folder of its own that is gone with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gridtally-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw IoError("'" + name + "': cannot be made");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// As many as the benchmark's argument, of one home each.
std::vector<archive::PrivateFile> meters(const benchmark::State& state, std::size_t settled_days) {
  constexpr std::uint32_t slots = 24;
  std::vector<archive::PrivateFile> files;
  for (std::uint32_t u = 0; u < static_cast<std::uint32_t>(state.range(0)); ++u) {
    archive::PrivateFile file;
    file.meter = u;
    file.days = 1;
    file.slots = slots;
    file.prosumers.push_back(archive::testing::make_prosumer(u, 1, slots, settled_days));
    files.push_back(std::move(file));
  }
  return files;
}

void private_files(benchmark::State& state) {
  const auto files = meters(state, 1);
  const Folder folder;
  for (auto _ : state) archive::write_private_files(folder.path(), files);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// What a run of one day does with them.
void one_day(benchmark::State& state) {
  const auto files = meters(state, 0);
  archive::PrivateDay day;
  for (const auto& file : meters(state, 1)) day.push_back(file.prosumers[0].schedules[0]);
  ledger::Genesis genesis;
  genesis.prosumers.resize(files.size());
  genesis.meters.resize(files.size());
  const Folder folder;
  for (auto _ : state) {
    archive::PrivateStore store(folder.path(), genesis, files);
    store.begin();
    store.add(0, day);
    store.finish();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

void register_private_files() {
  benchmark::RegisterBenchmark("private_files", private_files)
      ->Arg(100)
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("private_files_of_one_day", one_day)
      ->Arg(100)
      ->Unit(benchmark::kMillisecond);
}

}  // namespace gridtally::bench
