#include "report/audit_report.hpp"

#include <algorithm>
#include <span>

#include "base/text.hpp"
#include "report/day_table.hpp"

namespace gridtally::report {

namespace {

constexpr std::size_t most_incidents = 100;  // of a text
constexpr std::size_t most_terms = 100;

std::string level(const audit::Report& report) {
  if (report.meters_certified == 0) {
    return report.private_asked ? "public ledger only; no meter's private file could be read"
                                : "public ledger only; schedules and solves need --private";
  }
  const std::string what = report.meters_replayed > 0
                               ? "public ledger, schedules, bounds and every solve of "
                               : "public ledger, schedules and bounds, no solves, of ";
  const std::string meters =
      std::to_string(report.meters_certified) + " of " + counted(report.meters, "meter");
  const std::string rest =
      report.meters_certified < report.meters ? "; the others' private files were not given" : "";
  return what + meters + (report.unfinished.empty() ? "" : ", as far as their files go") + rest;
}

std::string level_name(const audit::Report& report) {
  if (report.meters_certified == 0) return "public";
  return report.meters_replayed > 0 ? "solves" : "certificates";
}

/// What private files of some meters establish, and what they leave open.
std::string disclosure_text(const audit::Report& report) {
  if (report.meters_certified == 0 || report.meters_certified == report.meters) return "";
  if (report.fault) return "";
  const auto others = report.meters - report.meters_certified;
  const bool solved = report.meters_replayed > 0;
  std::string text = report.meters_certified == 1 ? "\nestablished of the meter given: "
                                                  : "\nestablished of the meters given: ";
  text += solved ? "inputs, iterates and schedules are those committed to;\n"
                 : "inputs and schedules are those committed to;\n";
  text += "schedules can be carried out; their terms of each day's bounds, below";
  text += report.unfinished.empty() ? "; " : ", as far as the files go; ";
  text +=
      solved ? "every solve and answer, done\nagain, bit for bit\n" : "no solve was done again\n";
  text += "not established: whether the other " + counted(others, "meter") +
          " solved their own problems; costs and bounds of\nwhole days rest on their word. Nothing "
          "of theirs was read but what is public\n\n";
  text += "  day  prosumer    cost [ct]   bound [ct]\n";
  const auto shown = std::min(report.terms.size(), most_terms);
  for (const auto& term : std::span(report.terms).first(shown)) {
    text += padded(std::to_string(term.day), 5) + padded(std::to_string(term.prosumer), 10) +
            padded(to_fixed(term.cost, 4), 13) + padded(to_fixed(term.bound, 4), 13) + '\n';
  }
  if (shown < report.terms.size()) {
    text += "  and " + std::to_string(report.terms.size() - shown) + " more: --json lists all\n";
  }
  return text;
}

/// Files that are not in step with the chain of a run that was not brought to its end.
std::string unfinished_text(const audit::Report& report) {
  if (report.unfinished.empty()) return "";
  const auto settled =
      std::ranges::count_if(report.days, [](const auto& day) { return day.settled; });
  const auto& first = report.unfinished.front();
  const auto more = report.unfinished.size() - 1;
  return "private: the run was not brought to its end: the file of meter " +
         std::to_string(first.meter) + " has schedules of " + counted(first.days, "day") +
         ", the archive " + std::to_string(settled) + " settled" +
         (more > 0 ? " (" + counted(more, "more file") + " not in step)" : "") +
         ".\n         What a file lacks is not certified, what it has beyond not checked; "
         "gridtally-solve --resume brings them in step\n";
}

void add_unfinished(Json& json, const audit::Report& report) {
  json.begin_list("unfinished_private_files");
  for (const auto& file : report.unfinished) {
    json.begin_object().member("meter", file.meter).member("days", file.days).end_object();
  }
  json.end_list();
}

void add_terms(Json& json, const audit::Report& report) {
  json.begin_list("certified_terms");
  for (const auto& term : report.terms) {
    json.begin_object().member("day", term.day).member("prosumer", term.prosumer);
    json.member("cost", term.cost).member("bound", term.bound).end_object();
  }
  json.end_list();
}

std::size_t certified_days(const audit::Report& report) {
  return static_cast<std::size_t>(std::count_if(report.days.begin(), report.days.end(),
                                                [](const auto& day) { return day.certified; }));
}

/// The widest gap of the days whose certificate was evaluated here.
double widest_gap(const audit::Report& report) {
  double widest = 0.0;
  for (const auto& day : report.days) {
    if (day.certified) widest = std::max(widest, day.gap);
  }
  return widest;
}

/// Where every day is all there, that is said once.
std::string day_levels(const audit::Report& report) {
  const bool whole =
      std::ranges::all_of(report.days, [](const auto& day) { return day.left_out == 0; });
  if (report.days.empty()) return "";
  if (whole) return "days:    " + audit::level(report.days.front()) + '\n';
  std::string text;
  for (const auto& day : report.days) {
    text += "day " + std::to_string(day.day) + ":   " + audit::level(day) + '\n';
  }
  return text;
}

std::string certificate_text(const audit::Report& report) {
  const auto days = certified_days(report);
  if (days == 0) return "";
  return "optimum: " + counted(days, "day") + " certified without a solver, each within " +
         scientific(widest_gap(report)) + " of its optimum\n";
}

template <typename Number>
void add_place(Json& json, const char* name, const std::optional<Number>& number) {
  if (number) {
    json.member(name, *number);
  } else {
    json.null_member(name);
  }
}

std::string incidents_text(const audit::Report& report) {
  if (report.incidents.empty()) return "";
  std::string text = "\nincidents of the run, by height (no faults of the archive):\n";
  const auto shown = std::min(report.incidents.size(), most_incidents);
  for (const auto& incident : std::span(report.incidents).first(shown)) {
    text += padded(std::to_string(incident.height), 8) + "  " + incident.text + '\n';
  }
  if (shown < report.incidents.size()) {
    text +=
        "  and " + std::to_string(report.incidents.size() - shown) + " more: --json lists all\n";
  }
  return text;
}

void add_incidents(Json& json, const audit::Report& report) {
  json.member("evidence", report.evidence).begin_list("incidents");
  for (const auto& incident : report.incidents) {
    json.begin_object().member("height", incident.height).member("what", incident.text);
    json.end_object();
  }
  json.end_list();
}

void add_fault(Json& json, const std::optional<audit::Finding>& fault) {
  if (!fault) {
    json.null_member("fault");
    return;
  }
  json.begin_object("fault").member("file", fault->file);
  add_place(json, "height", fault->height);
  add_place(json, "meter", fault->meter);
  add_place(json, "prosumer", fault->prosumer);
  add_place(json, "day", fault->day);
  add_place(json, "slot", fault->slot);
  json.member("what", fault->what).member("expected", fault->expected);
  json.member("found", fault->found).end_object();
}

}  // namespace

std::string verdict_text(const audit::Report& report) {
  std::string text = "verdict: " + audit::name(report.verdict) + '\n';
  if (report.fault) text += "first fault: " + audit::describe(*report.fault) + '\n';
  return text;
}

std::string audit_text(const audit::Report& report, const std::string& archive) {
  std::string text = verdict_text(report);
  text += "archive: " + archive + '\n';
  if (!report.has_genesis) return text;
  text += "run:     " + ledger::to_hex(report.run_id) + ": " +
          counted(report.prosumers, "prosumer") + ", " + counted(report.pairs, "pair") + ", " +
          counted(report.meters, "meter") + ", " + counted(report.validators, "validator") + '\n';
  text += "checked: " + counted(report.blocks, "block") + ", " +
          counted(report.transactions, "transaction") + ", " +
          counted(report.signatures, "signature") +
          (report.evidence > 0 ? ", " + counted(report.evidence, "piece") + " of evidence" : "") +
          " in " + to_fixed(report.seconds, 2) + " s on " + counted(report.threads, "thread") +
          (report.processes > 1 ? " of each of " + std::to_string(report.processes) + " processes"
                                : "") +
          '\n';
  text += "level:   " + level(report) + '\n' + day_levels(report) + certificate_text(report) +
          unfinished_text(report);
  const std::string good = report.fault ? "last good block: " : "";
  text += "head:    " + good + "height " + std::to_string(report.blocks) + ", " +
          ledger::to_hex(report.head) + '\n';
  if (!report.fault) {
    text += "outcome: " + outcome_text(report.outcome, report.days, report.days_planned) +
            (report.outcome == ledger::Outcome::running || report.closed
                 ? ""
                 : "; the last is not sealed: gridtally-solve --resume does that") +
            '\n';
  }
  if (report.cut_bytes > 0) {
    text += "journal: " + counted(report.cut_bytes, "byte") + " after height " +
            std::to_string(report.blocks) + " are of a write that was cut off, and were left out\n";
  }
  if (!report.days.empty()) text += '\n' + day_table(report.days);
  return text + disclosure_text(report) + incidents_text(report);
}

std::string audit_json(const audit::Report& report) {
  Json json;
  json.begin_object().member("verdict", audit::name(report.verdict));
  json.member("exit_status", static_cast<std::uint32_t>(report.verdict));
  add_fault(json, report.fault);
  json.member("run", ledger::to_hex(report.run_id)).member("height", report.blocks);
  json.member("head", ledger::to_hex(report.head));
  json.member("outcome", audit::name(report.outcome)).member("closed", report.closed);
  json.member("prosumers", report.prosumers).member("pairs", report.pairs);
  json.member("validators", report.validators).member("meters", report.meters);
  json.member("level", level_name(report));
  json.member("meters_certified", report.meters_certified);
  json.member("meters_replayed", report.meters_replayed);
  json.member("certified_days", std::uint64_t{certified_days(report)});
  if (certified_days(report) > 0) {
    json.member("certified_gap", widest_gap(report));
  } else {
    json.null_member("certified_gap");
  }
  json.member("blocks", report.blocks).member("transactions", report.transactions);
  json.member("signatures", report.signatures).member("cut_bytes", report.cut_bytes);
  json.member("processes", std::uint64_t{report.processes});
  json.member("threads", std::uint64_t{report.threads}).member("seconds", report.seconds);
  add_incidents(json, report);
  add_days(json, report.days);
  add_terms(json, report);
  add_unfinished(json, report);
  return json.end_object().text();
}

}  // namespace gridtally::report
