#include <type_traits>

#include "cluster/fault_plan.hpp"
#include "cluster/plan_lines.hpp"

namespace gridtally::cluster {

namespace {

constexpr auto largest_index = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::uint64_t largest_height = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t last_day = 3659;
constexpr std::uint32_t largest_iteration = 10'000'000;
constexpr std::uint64_t longest_stall = 86'400'000;  // [ms]
constexpr std::uint32_t largest_lag = 1000;

constexpr const char* remedy =
    "lines are \"validator V silent from height H to H\" (without \"to H\": to the end), "
    "\"validator V equivocates at height H\", \"validator V reports a wrong state root at height "
    "H\", "
    "\"meter M signs with a foreign key at iteration K of day D\" (without \"of day D\": day 0), "
    "\"meter M is impersonated at iteration K of day D\", "
    "\"meter M stalls T s at iteration K of day D\" (s or ms), \"meter M lags K iterations\"";

std::uint64_t height_of(Words& words, std::uint64_t least = 1) {
  words.accept("height");
  return words.number("a height", least, largest_height);
}

std::uint32_t index_of(Words& words, const char* what) {
  return static_cast<std::uint32_t>(words.number(what, 0, largest_index));
}

std::uint32_t iteration_of(Words& words) {
  words.expect("at iteration");
  return static_cast<std::uint32_t>(words.number("an iteration", 1, largest_iteration));
}

std::uint32_t day_of(Words& words) {
  if (!words.accept("of")) return 0;
  words.expect("day");
  return static_cast<std::uint32_t>(words.number("a day", 0, last_day));
}

template <class Fault>
Fault at_moment(Fault fault, Words& words) {
  fault.iteration = iteration_of(words);
  fault.day = day_of(words);
  return fault;
}

SilentFault read_silence(Words& words, std::uint32_t validator) {
  SilentFault fault{validator};
  words.expect("from");
  fault.first = height_of(words);
  if (words.accept("to")) fault.last = height_of(words, fault.first);
  return fault;
}

PlannedFault read_validator_fault(Words& words) {
  const auto validator = index_of(words, "a validator's number");
  if (words.accept("silent")) return read_silence(words, validator);
  if (words.accept("equivocates")) {
    words.expect("at");
    return EquivocationFault{validator, height_of(words)};
  }
  if (words.accept("reports")) {
    words.expect("a wrong state root at");
    return WrongRootFault{validator, height_of(words)};
  }
  words.fail(R"("silent", "equivocates" or "reports")");
  return {};
}

std::chrono::milliseconds duration_of(Words& words) {
  const auto count = words.number("a duration", 1, longest_stall);
  if (words.accept("ms")) return std::chrono::milliseconds(count);
  words.expect("s");
  if (count > longest_stall / 1000) words.fail("at most a day: 86400 s");
  return std::chrono::seconds(count);
}

StallFault read_stall(Words& words, std::uint32_t meter) {
  StallFault fault{meter};
  fault.duration = duration_of(words);
  return at_moment(fault, words);
}

LagFault read_lag(Words& words, std::uint32_t meter) {
  const auto count = words.number("how many iterations", 1, largest_lag);
  if (!words.accept("iteration")) words.expect("iterations");
  return {meter, static_cast<std::uint32_t>(count)};
}

PlannedFault read_meter_fault(Words& words) {
  const auto meter = index_of(words, "a meter's number");
  if (words.accept("signs")) {
    words.expect("with a foreign key");
    return at_moment(ForeignKeyFault{meter}, words);
  }
  if (words.accept("is")) {
    words.expect("impersonated");
    return at_moment(ImpersonationFault{meter}, words);
  }
  if (words.accept("stalls")) return read_stall(words, meter);
  if (words.accept("lags")) return read_lag(words, meter);
  words.fail(R"("signs", "is", "stalls" or "lags")");
  return {};
}

PlannedFault read_fault(Words& words) {
  PlannedFault fault;
  if (words.accept("validator")) {
    fault = read_validator_fault(words);
  } else if (words.accept("meter")) {
    fault = read_meter_fault(words);
  } else {
    words.fail(R"("validator" or "meter")");
  }
  return fault;
}

/// Whether both cannot stand in one plan.
bool clash(const SilentFault& a, const SilentFault& b) {
  return a.validator == b.validator && a.first <= b.last && b.first <= a.last;
}

/// A validator that says nothing cannot say something wrong.
template <class Spoken>
bool silence_covers(const SilentFault& silence, const Spoken& spoken) {
  return silence.validator == spoken.validator && silence.first <= spoken.height &&
         spoken.height <= silence.last;
}
bool clash(const SilentFault& a, const EquivocationFault& b) { return silence_covers(a, b); }
bool clash(const EquivocationFault& a, const SilentFault& b) { return silence_covers(b, a); }
bool clash(const SilentFault& a, const WrongRootFault& b) { return silence_covers(a, b); }
bool clash(const WrongRootFault& a, const SilentFault& b) { return silence_covers(b, a); }

bool clash(const StallFault& a, const StallFault& b) {
  return a.meter == b.meter && a.day == b.day && a.iteration == b.iteration;
}
bool clash(const LagFault& a, const LagFault& b) { return a.meter == b.meter; }

template <class A, class B>
bool clash(const A& a, const B& b) {
  if constexpr (std::is_same_v<A, B>) return a == b;
  return false;
}

bool conflict(const PlannedFault& one, const PlannedFault& two) {
  return std::visit([](const auto& a, const auto& b) { return clash(a, b); }, one, two);
}

}  // namespace

FaultPlan read_fault_plan(const std::filesystem::path& path) {
  FaultPlan plan;
  for (const auto& fault : read_sentences<PlannedFault>(path, remedy, read_fault, conflict)) {
    plan.add(fault);
  }
  return plan;
}

}  // namespace gridtally::cluster
