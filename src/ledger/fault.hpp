#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gridtally::ledger {

/// What is wrong with a chain, and where. A result, not an exception.
struct Fault {
  std::uint64_t height = 0;
  std::optional<std::uint32_t> meter;
  std::optional<std::uint32_t> prosumer;
  std::optional<std::uint32_t> day;
  std::optional<std::uint32_t> slot;
  std::string what;  ///< the rule broken: "state root", "meter signature", …
  std::string expected;
  std::string found;
};

/// One line: "height 12, meter 3, day 0, slot 4: nonce: expected 11, found 10".
std::string describe(const Fault& fault);

}  // namespace gridtally::ledger
