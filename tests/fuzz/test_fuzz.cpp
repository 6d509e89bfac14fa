#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <new>
#include <random>

#include "fuzz/targets/kept.hpp"
#include "fuzz/targets/material.hpp"
#include "fuzz/targets/target.hpp"

/// What libFuzzer does at length, in short: seeds, the inputs that are kept, and some thousand
/// mutations that are the same in each run.
namespace gridtally::fuzz {

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

constexpr std::size_t largest = std::size_t{1} << 20;  // bytes
// Bytes that a target may add to what the process has, of addresses, and that it may be resident
// in.
[[maybe_unused]] constexpr std::uint64_t most_addresses = std::uint64_t{512} << 20;
#if defined(GRIDTALLY_SANITIZED)
constexpr std::uint64_t most_resident = std::uint64_t{512} << 20;  // what is freed is kept a while
#else
constexpr std::uint64_t most_resident = std::uint64_t{128} << 20;
#endif
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

// Bytes of the corpus.
constexpr std::uintmax_t most_kept = 4096;             // in a file
constexpr std::uintmax_t most_kept_together = 600000;  // in all

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
  std::uint64_t resident = 0;  ///< at the most [bytes]
};

/// Made when they are fed: the memory that is looked at is the reader's.
struct Inputs {
  std::size_t count;
  std::function<Bytes(std::size_t)> make;
  std::function<std::string(std::size_t)> name;
};

/// What a child shares with whoever began it.
struct Progress {
  std::atomic<std::size_t> at;
  std::array<std::atomic<bool>, 20000> thrown;
};

/// The sanitizers take terabytes of addresses for themselves: under them only what is resident is
/// looked at.
void bound_memory() {
#if !defined(GRIDTALLY_SANITIZED)
  std::ifstream sizes("/proc/self/statm");
  std::uint64_t pages = 0;
  sizes >> pages;
  const auto most = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + most_addresses;
  const rlimit limit{most, most};
  if (!sizes || ::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(1);
#endif
}

[[noreturn]] void feed_from(const Target& target, const Inputs& inputs, Progress& progress) {
  bound_memory();
  for (; progress.at < inputs.count; ++progress.at) {
    ::alarm(seconds_until_hung);
    try {
      feed(target, inputs.make(progress.at));
    } catch (...) {
      progress.thrown.at(progress.at) = true;
    }
  }
  ::_exit(0);
}

/// Feeds all of them in child processes, so that one that kills ends nothing but itself.
Unanswered feed_all(const Target& target, const Inputs& inputs) {
  void* memory =
      ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap");
  auto& progress = *new (memory) Progress();
  Unanswered found;
  for (; progress.at < inputs.count; ++progress.at) {
    rusage own{};
    ::getrusage(RUSAGE_SELF, &own);  // a child begins with it
    const auto child = ::fork();
    if (child == 0) feed_from(target, inputs, progress);
    int status = 0;
    rusage usage{};
    if (child < 0 || ::wait4(child, &status, 0, &usage) != child) throw std::runtime_error("fork");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) found.killed.push_back(progress.at);
    const auto more = std::max(0L, usage.ru_maxrss - own.ru_maxrss);
    found.resident = std::max(found.resident, static_cast<std::uint64_t>(more) * 1024);
  }
  for (std::size_t i = 0; i < inputs.count; ++i) {
    if (progress.thrown.at(i)) found.thrown.push_back(i);
  }
  ::munmap(memory, sizeof(Progress));
  return found;
}

void expect_answered(const Target& target, const Inputs& inputs) {
  (void)work_folder();  // the parent's, so that it is removed
  const auto found = feed_all(target, inputs);
  const auto expect_none = [&](const std::vector<std::size_t>& those, const char* what) {
    if (those.empty()) return;
    ADD_FAILURE() << those.size() << " inputs " << what << ", first " << inputs.name(those.front());
  };
  expect_none(found.thrown, "are answered by something else than an Error");
  expect_none(found.killed, "kill the process");
  EXPECT_LE(found.resident, most_resident);
  std::cout << target.name << ": " << inputs.count << " inputs, at most " << (found.resident >> 20)
            << " MiB\n";
}

TEST_P(EveryTarget, AnswersWhateverItReads) {
  const auto seeds = GetParam().seeds();
  const bool large =
      std::ranges::any_of(seeds, [](const auto& seed) { return seed.size() > 15000; });
  const auto mutation = [&](std::size_t i) {
    if (i == 0) return Bytes{};
    return Mutator(static_cast<std::uint32_t>(i)).mutate(seeds[i % seeds.size()]);
  };
  expect_answered(GetParam(), {large ? 1000U : 10000U, mutation,
                               [](std::size_t i) { return "mutation " + std::to_string(i); }});
}

TEST_P(EveryTarget, AnswersItsCorpus) {
  const auto kept = kept_inputs(GetParam());
  EXPECT_FALSE(kept.empty());
  expect_answered(GetParam(), {kept.size(), [&](std::size_t i) { return kept[i].bytes; },
                               [&](std::size_t i) { return kept[i].path.string(); }});
}

INSTANTIATE_TEST_SUITE_P(Of, EveryTarget, ::testing::ValuesIn(all_targets()),
                         [](const auto& tested) { return tested.param.name; });

TEST(KeptInputs, BelongToTargets) {
  for (const auto* name : {"corpus", "regressions"}) {
    for (const auto& entry : std::filesystem::directory_iterator(kept_folder(name))) {
      if (!entry.is_directory()) continue;
      EXPECT_NO_THROW(target_named(entry.path().filename().string())) << entry.path();
    }
  }
}

TEST(KeptInputs, CorpusIsSmall) {
  std::uintmax_t all = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kept_folder("corpus"))) {
    if (entry.is_directory()) continue;
    EXPECT_LE(entry.file_size(), most_kept) << entry.path();
    all += entry.file_size();
  }
  EXPECT_LE(all, most_kept_together);
}

}  // namespace
}  // namespace gridtally::fuzz
