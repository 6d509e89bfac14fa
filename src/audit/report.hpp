#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/finding.hpp"
#include "audit/incidents.hpp"
#include "ledger/state.hpp"

namespace gridtally::audit {

/// One day as its last block leaves it. Money [cents].
struct DaySummary {
  std::uint32_t day = 0;
  bool converged = false;
  bool settled = false;          ///< only then are cost, cost_alone, bound and gap meant
  std::uint32_t iterations = 0;  ///< trading blocks
  std::uint32_t rounds = 0;      ///< settlement blocks
  double residual = 0.0;         ///< [kWh]
  double cost = 0.0;             ///< of all schedules: an upper bound of the optimum, UB
  double cost_alone = 0.0;       ///< without trading
  double bound = 0.0;            ///< lower bound of the optimum, LB
  double gap = 0.0;              ///< (UB − LB) / max(1, |UB|)
  double congestion_rent = 0.0;  ///< the limits' part of the lower bound
  bool certified = false;        ///< cost, bound and gap found again from private files
  std::uint32_t left_out = 0;    ///< iterations whose decisions the archive does not hold
  bool regenerated = false;      ///< those were made again from private files, and executed
  [[nodiscard]] std::uint64_t blocks() const { return std::uint64_t{iterations} + rounds; }
};
DaySummary summarise_day(const ledger::ContractState& state);
/// How much of the day was done again.
std::string level(const DaySummary& day);
double relative_gap(double upper, double lower);

/// One prosumer's terms of a settled day's bounds, evaluated from its private file.
struct CertifiedTerm {
  std::uint32_t prosumer = 0;
  std::uint32_t day = 0;
  double cost = 0.0;   ///< its term of UB [cents]
  double bound = 0.0;  ///< its term of LB [cents]
  bool operator==(const CertifiedTerm&) const = default;
};

/// A private file that has other days than are settled, as a run that has not finished leaves it.
struct UnfinishedFile {
  std::uint32_t meter = 0;
  std::uint32_t days = 0;  ///< with a schedule
  bool operator==(const UnfinishedFile&) const = default;
};

/// "complete", "not finished", "not converged", "not settled".
std::string name(ledger::Outcome outcome);

struct Report {
  Verdict verdict = Verdict::sound;
  std::optional<Finding> fault;  ///< the first one; always there unless sound

  bool has_genesis = false;  ///< false: all below is empty
  ledger::Digest run_id{};
  std::uint32_t prosumers = 0;
  std::uint64_t pairs = 0;
  std::uint32_t meters = 0;
  std::uint32_t validators = 0;  ///< of the genesis
  std::uint32_t days_planned = 0;

  std::uint64_t blocks = 0;  ///< found good, which is the height reached
  std::uint64_t transactions = 0;
  std::uint64_t signatures = 0;  ///< checked: meters', proposers', precommits
  ledger::Digest head{};         ///< hash of the last good block
  ledger::Outcome outcome = ledger::Outcome::running;
  std::vector<DaySummary> days;
  std::uint64_t evidence = 0;       ///< pieces, judged
  bool closed = false;              ///< the run came to its end, and its last day is sealed
  std::vector<Incident> incidents;  ///< by height; no faults of the archive
  std::uint64_t cut_bytes = 0;      ///< of a last write that a crash cut off; not a fault

  bool private_asked = false;
  std::uint32_t meters_certified = 0;      ///< schedules and bounds evaluated, without a solver
  std::uint32_t meters_replayed = 0;       ///< and every solve done again
  std::vector<CertifiedTerm> terms;        ///< by day, then by prosumer
  std::vector<UnfinishedFile> unfinished;  ///< by meter; of a sound archive only
  unsigned processes = 1;
  unsigned threads = 1;  ///< of each
  double seconds = 0.0;
};

/// Of every settled day whose prosumers all have their terms in the report: cost, bound and gap
/// from them, in prosumer order as the chain's are.
void certify_days(Report& report);

/// Sets verdict and fault; a fault that is there already stays.
void condemn(Report& report, Finding finding);

}  // namespace gridtally::audit
