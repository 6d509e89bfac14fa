#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "archive/fault.hpp"
#include "ledger/fault.hpp"

namespace gridtally::audit {

/// What an audit comes to. The value is the exit status.
enum class Verdict : std::uint8_t { sound = 0, unsound = 1, not_auditable = 2 };
/// "sound", "unsound", "not auditable".
std::string name(Verdict verdict);

/// Which check of a block it was, in their order: of two processes that found the same blocks good,
/// the one with the earlier check has the first fault.
enum class Stage : std::uint8_t {
  form,       ///< shared out by height
  execution,  ///< the same for all, and of its own height's state root
  solve,      ///< the others but day and end: shared out by meter
  answer,
  schedule,
  certificate,
  day,
  end,
};

/// One thing found wrong, and where: as much of the place as is known.
struct Finding {
  Verdict verdict = Verdict::unsound;
  std::string file;
  std::optional<std::uint64_t> height;
  std::optional<std::uint32_t> meter;
  std::optional<std::uint32_t> prosumer;
  std::optional<std::uint32_t> day;
  std::optional<std::uint32_t> slot;
  std::string what;  ///< the rule broken: "state root", "bill", …
  std::string expected;
  std::string found;
  Stage stage = Stage::execution;
};

Finding finding_of(const ledger::Fault& fault);
Finding finding_of(const archive::ArchiveFault& fault);
Finding not_auditable(std::string file, std::string what, std::string found);

/// One line: "height 12, meter 3, day 0, slot 4: nonce: expected 11, found 10".
std::string describe(const Finding& finding);

}  // namespace gridtally::audit
