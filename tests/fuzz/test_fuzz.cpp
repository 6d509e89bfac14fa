#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <new>
#include <random>

#include "base/file.hpp"
#include "fuzz/material.hpp"
#include "fuzz/target.hpp"

/// What libFuzzer does at length, in short: seeds, known bad inputs, and some thousand mutations
/// that are the same in each run.
namespace gridtally::fuzz {

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

constexpr std::size_t largest = std::size_t{1} << 20;  // bytes
constexpr unsigned seconds_until_hung = 20;

/// A few changes of the kinds that break readers.
class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : engine_(seed) {}

  Bytes mutate(Bytes bytes) {
    const auto changes = 1 + draw(4);
    for (std::size_t i = 0; i < changes; ++i) change(bytes);
    return bytes;
  }

 private:
  static void repeat(Bytes& bytes, std::size_t at, const Bytes& piece) {
    if (bytes.size() > largest) return;
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), piece.begin(), piece.end());
  }
  std::size_t draw(std::size_t below) { return below == 0 ? 0 : engine_() % below; }

  void change(Bytes& bytes) {
    const auto at = draw(bytes.size());
    const auto length = std::min(1 + draw(64), bytes.size() - at);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = first + static_cast<std::ptrdiff_t>(length);
    switch (bytes.empty() ? 0 : draw(7)) {
      case 0:
        bytes.insert(first, static_cast<std::uint8_t>(draw(256)));
        break;
      case 1:
        bytes.erase(first, last);
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        std::fill(first, last, static_cast<std::uint8_t>(draw(2) * 0xff));
        break;
      case 4:
        repeat(bytes, at, Bytes(first, last));
        break;
      case 5:
        *first = static_cast<std::uint8_t>(draw(256));
        break;
      default:
        *first ^= static_cast<std::uint8_t>(1U << draw(8));
    }
  }

  std::mt19937 engine_;
};

std::vector<Bytes> known_bad(const std::string& target) {
  const auto folder =
      std::filesystem::path(GRIDTALLY_SOURCE_DIR) / "tests" / "fuzz" / "regressions" / target;
  std::vector<Bytes> inputs;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    inputs.push_back(read_file(entry.path()));
  }
  return inputs;
}

class EveryTarget : public ::testing::TestWithParam<Target> {};

TEST_P(EveryTarget, AcceptsItsSeeds) {
  const auto seeds = GetParam().seeds();
  EXPECT_FALSE(seeds.empty());
  for (const auto& seed : seeds) EXPECT_TRUE(feed(GetParam(), seed));
}

/// Inputs that are not answered: what was thrown, or that the process died of.
struct Unanswered {
  std::vector<std::size_t> thrown;
  std::vector<std::size_t> killed;
};

/// What a child shares with whoever began it.
struct Progress {
  std::atomic<std::size_t> at;
  std::array<std::atomic<bool>, 20000> thrown;
};

[[noreturn]] void feed_from(const Target& target, const std::vector<Bytes>& inputs,
                            Progress& progress) {
  for (; progress.at < inputs.size(); ++progress.at) {
    ::alarm(seconds_until_hung);
    try {
      feed(target, inputs[progress.at]);
    } catch (...) {
      progress.thrown.at(progress.at) = true;
    }
  }
  ::_exit(0);
}

/// Feeds all of them in child processes, so that one that kills ends nothing but itself.
Unanswered feed_all(const Target& target, const std::vector<Bytes>& inputs) {
  void* memory =
      ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap");
  auto& progress = *new (memory) Progress();
  Unanswered found;
  for (; progress.at < inputs.size(); ++progress.at) {
    const auto child = ::fork();
    if (child == 0) feed_from(target, inputs, progress);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) throw std::runtime_error("fork");
    if (!WIFEXITED(status)) found.killed.push_back(progress.at);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (progress.thrown.at(i)) found.thrown.push_back(i);
  }
  ::munmap(memory, sizeof(Progress));
  return found;
}

std::vector<Bytes> bad_inputs(const Target& target) {
  auto inputs = known_bad(target.name);
  inputs.emplace_back();
  const auto seeds = target.seeds();
  const bool large = seeds.back().size() > 20000;
  const std::size_t mutated = large ? 1000 : 10000;
  Mutator mutator(7);
  for (std::size_t i = 0; i < mutated; ++i) {
    inputs.push_back(mutator.mutate(seeds[i % seeds.size()]));
  }
  return inputs;
}

TEST_P(EveryTarget, AnswersWhateverItReads) {
  const auto& target = GetParam();
  (void)work_folder();  // the parent's, so that it is removed
  const auto inputs = bad_inputs(target);
  const auto found = feed_all(target, inputs);
  EXPECT_TRUE(found.thrown.empty())
      << found.thrown.size() << " inputs, first " << found.thrown.front();
  std::cout << target.name << ": " << inputs.size() << " inputs, " << found.killed.size()
            << " killed the process\n";
  EXPECT_TRUE(found.killed.empty())
      << found.killed.size() << " inputs, first " << found.killed.front();
}

INSTANTIATE_TEST_SUITE_P(Of, EveryTarget, ::testing::ValuesIn(all_targets()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace gridtally::fuzz
