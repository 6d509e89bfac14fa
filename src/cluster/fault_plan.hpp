#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace gridtally::cluster {

// Faults on purpose (--fault FILE), one sentence a line, each a type. Validators and meters go by
// their numbers from 0, heights and iterations count from 1, days from 0.

/// "validator 2 silent from height 40 to 60": says nothing at these heights; `last` is included.
struct SilentFault {
  static constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();
  std::uint32_t validator = 0;
  std::uint64_t first = 0;
  std::uint64_t last = to_the_end;
  bool operator==(const SilentFault&) const = default;
};

/// "validator 1 equivocates at height 12"
struct EquivocationFault {
  std::uint32_t validator = 0;
  std::uint64_t height = 0;
  bool operator==(const EquivocationFault&) const = default;
};

/// "validator 3 reports a wrong state root at height 30"
struct WrongRootFault {
  std::uint32_t validator = 0;
  std::uint64_t height = 0;
  bool operator==(const WrongRootFault&) const = default;
};

/// "meter 5 signs with a foreign key at iteration 7 of day 2"
struct ForeignKeyFault {
  std::uint32_t meter = 0;
  std::uint32_t day = 0;
  std::uint32_t iteration = 0;
  bool operator==(const ForeignKeyFault&) const = default;
};

/// "meter 3 is impersonated at iteration 7 of day 2": another with its key speaks first, and
/// decides otherwise.
struct ImpersonationFault {
  std::uint32_t meter = 0;
  std::uint32_t day = 0;
  std::uint32_t iteration = 0;
  bool operator==(const ImpersonationFault&) const = default;
};

/// "meter 2 stalls 3 s at iteration 9 of day 2"
struct StallFault {
  std::uint32_t meter = 0;
  std::uint32_t day = 0;
  std::uint32_t iteration = 0;
  std::chrono::milliseconds duration{0};
  bool operator==(const StallFault&) const = default;
};

/// "meter 4 lags 2 iterations": every day, its decisions arrive that many iterations late.
struct LagFault {
  std::uint32_t meter = 0;
  std::uint32_t iterations = 0;
  bool operator==(const LagFault&) const = default;
};

using PlannedFault = std::variant<SilentFault, EquivocationFault, WrongRootFault, ForeignKeyFault,
                                  ImpersonationFault, StallFault, LagFault>;

/// The sentence that reads back as `fault`.
std::string to_text(const PlannedFault& fault);

/// Everything that is to go wrong in a run.
struct FaultPlan {
  std::vector<SilentFault> silences;
  std::vector<EquivocationFault> equivocations;
  std::vector<WrongRootFault> wrong_roots;
  std::vector<ForeignKeyFault> foreign_keys;
  std::vector<ImpersonationFault> impersonations;
  std::vector<StallFault> stalls;
  std::vector<LagFault> lags;

  void add(const PlannedFault& fault);
  /// All faults, by kind, each kind in the order of the file.
  [[nodiscard]] std::vector<PlannedFault> all() const;
  [[nodiscard]] bool empty() const {
    return silences.empty() && equivocations.empty() && wrong_roots.empty() &&
           foreign_keys.empty() && impersonations.empty() && stalls.empty() && lags.empty();
  }

  [[nodiscard]] bool silent(std::uint32_t validator, std::uint64_t height) const;
  [[nodiscard]] bool equivocates(std::uint32_t validator, std::uint64_t height) const;
  [[nodiscard]] bool wrong_root(std::uint32_t validator, std::uint64_t height) const;
  [[nodiscard]] bool foreign_key(std::uint32_t meter, std::uint32_t day,
                                 std::uint32_t iteration) const;
  [[nodiscard]] bool impersonated(std::uint32_t meter, std::uint32_t day,
                                  std::uint32_t iteration) const;
  /// Zero where the meter does not stall.
  [[nodiscard]] std::chrono::milliseconds stall(std::uint32_t meter, std::uint32_t day,
                                                std::uint32_t iteration) const;
  /// Zero for a meter that is in time.
  [[nodiscard]] std::uint32_t lag(std::uint32_t meter) const;
};

/// InputError with one line for every line of the file that cannot be read, says what an earlier
/// one said, or contradicts it. Numbers are not compared with a run: see check().
FaultPlan read_fault_plan(const std::filesystem::path& path);

/// InputError naming every fault of a validator or meter that a run of this size does not have.
void check(const FaultPlan& plan, std::uint32_t validators, std::uint32_t meters);

}  // namespace gridtally::cluster
