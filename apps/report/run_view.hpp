#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "audit/report.hpp"
#include "ledger/block.hpp"
#include "ledger/evidence.hpp"
#include "ledger/state.hpp"
#include "report/json.hpp"

namespace gridtally::report {

/// One block as the archive holds it.
struct BlockView {
  ledger::CommittedBlock committed;
  double commit_time = 0.0;   ///< [s since 1970]
  std::uint32_t members = 0;  ///< validators that could vote for it
  ledger::ContractState after;
  bool knows_iterate = true;  ///< false: decisions were left out, and `after` lacks the iterate
};

/// What an archive says, read once front to back. The contract is executed again, signatures are
/// not checked: that is the audit's part.
struct RunView {
  ledger::Genesis genesis;
  ledger::Digest run_id{};
  ledger::Digest head{};
  std::uint64_t height = 0;
  ledger::Outcome outcome = ledger::Outcome::running;
  std::vector<audit::DaySummary> days;
  std::vector<ledger::ContractState> states;  ///< after the last block of each day
  std::vector<ledger::Header> headers;        ///< of those blocks
  std::vector<ledger::Digest> hashes;         ///< of every block, from height 0, the run id
  std::optional<ledger::CommittedBlock> last;
  std::optional<BlockView> block;          ///< the one asked for
  std::vector<ledger::Evidence> evidence;  ///< as kept; the audit judges it
  std::string warning;                     ///< why reading ended early; empty: it did not
};

/// FormatError when there is no archive with a genesis. InputError when `block` is not a height of
/// it, saying which are.
RunView read_run(const std::filesystem::path& archive, std::optional<std::uint64_t> block = {});

/// Totals for a person; `day`: of that day only.
std::string run_text(const RunView& run, std::optional<std::uint32_t> day);
/// Members of the JSON object that is open.
void add_run(Json& json, const RunView& run, std::optional<std::uint32_t> day);

/// InputError, saying what would be valid, unless the archive has that day.
void require_day(const RunView& run, std::uint32_t day);

}  // namespace gridtally::report
