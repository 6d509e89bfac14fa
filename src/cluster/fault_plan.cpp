#include "cluster/fault_plan.hpp"

#include <algorithm>
#include <type_traits>

#include "base/error.hpp"

namespace gridtally::cluster {

namespace {

std::string text_of(const SilentFault& fault) {
  std::string text = "validator " + std::to_string(fault.validator) + " silent from height " +
                     std::to_string(fault.first);
  if (fault.last != SilentFault::to_the_end) text += " to " + std::to_string(fault.last);
  return text;
}

std::string text_of(const EquivocationFault& fault) {
  return "validator " + std::to_string(fault.validator) + " equivocates at height " +
         std::to_string(fault.height);
}

std::string text_of(const WrongRootFault& fault) {
  return "validator " + std::to_string(fault.validator) + " reports a wrong state root at height " +
         std::to_string(fault.height);
}

std::string moment(std::uint32_t iteration, std::uint32_t day) {
  return " at iteration " + std::to_string(iteration) + " of day " + std::to_string(day);
}

std::string text_of(const ForeignKeyFault& fault) {
  return "meter " + std::to_string(fault.meter) + " signs with a foreign key" +
         moment(fault.iteration, fault.day);
}

std::string text_of(const ImpersonationFault& fault) {
  return "meter " + std::to_string(fault.meter) + " is impersonated" +
         moment(fault.iteration, fault.day);
}

std::string text_of(const StallFault& fault) {
  const auto count = fault.duration.count();
  const bool whole = count % 1000 == 0;
  return "meter " + std::to_string(fault.meter) + " stalls " +
         (whole ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms") +
         moment(fault.iteration, fault.day);
}

std::string text_of(const LagFault& fault) {
  return "meter " + std::to_string(fault.meter) + " lags " + std::to_string(fault.iterations) +
         (fault.iterations == 1 ? " iteration" : " iterations");
}

}  // namespace

std::string to_text(const PlannedFault& fault) {
  return std::visit([](const auto& one) { return text_of(one); }, fault);
}

void FaultPlan::add(const PlannedFault& fault) {
  const auto put = [this](const auto& one) {
    using Kind = std::decay_t<decltype(one)>;
    if constexpr (std::is_same_v<Kind, SilentFault>) silences.push_back(one);
    if constexpr (std::is_same_v<Kind, EquivocationFault>) equivocations.push_back(one);
    if constexpr (std::is_same_v<Kind, WrongRootFault>) wrong_roots.push_back(one);
    if constexpr (std::is_same_v<Kind, ForeignKeyFault>) foreign_keys.push_back(one);
    if constexpr (std::is_same_v<Kind, ImpersonationFault>) impersonations.push_back(one);
    if constexpr (std::is_same_v<Kind, StallFault>) stalls.push_back(one);
    if constexpr (std::is_same_v<Kind, LagFault>) lags.push_back(one);
  };
  std::visit(put, fault);
}

std::vector<PlannedFault> FaultPlan::all() const {
  std::vector<PlannedFault> faults(silences.begin(), silences.end());
  faults.insert(faults.end(), equivocations.begin(), equivocations.end());
  faults.insert(faults.end(), wrong_roots.begin(), wrong_roots.end());
  faults.insert(faults.end(), foreign_keys.begin(), foreign_keys.end());
  faults.insert(faults.end(), impersonations.begin(), impersonations.end());
  faults.insert(faults.end(), stalls.begin(), stalls.end());
  faults.insert(faults.end(), lags.begin(), lags.end());
  return faults;
}

bool FaultPlan::silent(std::uint32_t validator, std::uint64_t height) const {
  return std::any_of(silences.begin(), silences.end(), [&](const SilentFault& fault) {
    return fault.validator == validator && fault.first <= height && height <= fault.last;
  });
}

bool FaultPlan::equivocates(std::uint32_t validator, std::uint64_t height) const {
  const EquivocationFault wanted{validator, height};
  return std::find(equivocations.begin(), equivocations.end(), wanted) != equivocations.end();
}

bool FaultPlan::wrong_root(std::uint32_t validator, std::uint64_t height) const {
  const WrongRootFault wanted{validator, height};
  return std::find(wrong_roots.begin(), wrong_roots.end(), wanted) != wrong_roots.end();
}

bool FaultPlan::foreign_key(std::uint32_t meter, std::uint32_t day, std::uint32_t iteration) const {
  const ForeignKeyFault wanted{meter, day, iteration};
  return std::find(foreign_keys.begin(), foreign_keys.end(), wanted) != foreign_keys.end();
}

bool FaultPlan::impersonated(std::uint32_t meter, std::uint32_t day,
                             std::uint32_t iteration) const {
  const ImpersonationFault wanted{meter, day, iteration};
  return std::find(impersonations.begin(), impersonations.end(), wanted) != impersonations.end();
}

std::chrono::milliseconds FaultPlan::stall(std::uint32_t meter, std::uint32_t day,
                                           std::uint32_t iteration) const {
  const auto found = std::find_if(stalls.begin(), stalls.end(), [&](const StallFault& fault) {
    return fault.meter == meter && fault.day == day && fault.iteration == iteration;
  });
  return found == stalls.end() ? std::chrono::milliseconds(0) : found->duration;
}

std::uint32_t FaultPlan::lag(std::uint32_t meter) const {
  const auto found = std::find_if(lags.begin(), lags.end(),
                                  [meter](const LagFault& fault) { return fault.meter == meter; });
  return found == lags.end() ? 0 : found->iterations;
}

void check(const FaultPlan& plan, std::uint32_t validators, std::uint32_t meters) {
  std::vector<std::string> wrong;
  const auto compare = [&](const PlannedFault& fault, std::uint32_t number, std::uint32_t count,
                           const std::string& kind) {
    if (number < count) return;
    wrong.push_back("planned fault \"" + to_text(fault) + "\": the run has " +
                    std::to_string(count) + " " + kind + "s; give a number from 0 to " +
                    std::to_string(count - 1));
  };
  for (const auto& fault : plan.all()) {
    std::visit(
        [&](const auto& one) {
          if constexpr (requires { one.validator; }) {
            compare(fault, one.validator, validators, "validator");
          } else {
            compare(fault, one.meter, meters, "meter");
          }
        },
        fault);
  }
  if (!wrong.empty()) throw InputError(std::move(wrong));
}

}  // namespace gridtally::cluster
