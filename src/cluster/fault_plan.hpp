#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
namespace gridtally::cluster {
struct FaultPlan {
  [[nodiscard]] bool empty() const { return true; }
  [[nodiscard]] bool silent(std::uint32_t, std::uint64_t) const { return false; }
  [[nodiscard]] bool equivocates(std::uint32_t, std::uint64_t) const { return false; }
  [[nodiscard]] bool wrong_root(std::uint32_t, std::uint64_t) const { return false; }
  [[nodiscard]] bool foreign_key(std::uint32_t, std::uint32_t, std::uint32_t) const {
    return false;
  }
  [[nodiscard]] std::chrono::milliseconds stall(std::uint32_t, std::uint32_t, std::uint32_t) const {
    return {};
  }
  [[nodiscard]] std::uint32_t lag(std::uint32_t) const { return 0; }
};
inline FaultPlan read_fault_plan(const std::filesystem::path&) { return {}; }
inline void check(const FaultPlan&, std::uint32_t, std::uint32_t) {}
}  // namespace gridtally::cluster
