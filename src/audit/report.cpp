#include "audit/report.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::audit {

DaySummary summarise_day(const ledger::ContractState& state) {
  DaySummary day;
  day.day = state.turn.day;
  day.converged = state.converged;
  day.settled = state.settled;
  day.iterations = static_cast<std::uint32_t>(state.iterate.iteration);
  day.rounds = state.rounds;
  day.residual = state.iterate.residual;
  if (!state.settled) return day;
  const auto totals = ledger::day_totals(state);
  day.cost = totals.cost;
  day.cost_alone = totals.cost_alone;
  day.bound = totals.bound;
  day.gap = relative_gap(day.cost, day.bound);
  day.congestion_rent = state.congestion_rent;
  return day;
}

std::string level(const DaySummary& day) {
  if (day.left_out == 0) return "contract re-executed";
  const std::string iterations =
      std::to_string(day.left_out) + " of " + std::to_string(day.iterations) + " iterations";
  if (day.regenerated) {
    return "contract re-executed, " + iterations +
           " regenerated from private files: every solve and step bit for bit";
  }
  return "signed: " + iterations + " left out, result proven against the signed state root";
}

void certify_days(Report& report) {
  for (auto& day : report.days) {
    double cost = 0.0;
    double bound = 0.0;
    std::uint32_t prosumers = 0;
    for (const auto& term : report.terms) {
      if (term.day != day.day) continue;
      cost += term.cost;
      bound += term.bound;
      ++prosumers;
    }
    if (!day.settled || prosumers != report.prosumers) continue;
    day.cost = cost;
    day.bound = bound - day.congestion_rent;
    day.gap = relative_gap(day.cost, day.bound);
    day.certified = true;
  }
}

double relative_gap(double upper, double lower) {
  return (upper - lower) / std::max(1.0, std::abs(upper));
}

std::string name(ledger::Outcome outcome) {
  switch (outcome) {
    case ledger::Outcome::running:
      return "not finished";
    case ledger::Outcome::completed:
      return "complete";
    case ledger::Outcome::not_converged:
      return "not converged";
    case ledger::Outcome::not_settled:
      return "not settled";
  }
  return "?";
}

void condemn(Report& report, Finding finding) {
  if (report.fault) return;
  report.verdict = finding.verdict;
  report.fault = std::move(finding);
}

}  // namespace gridtally::audit
