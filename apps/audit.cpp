#include "audit/audit.hpp"

#include <iostream>
#include <optional>
#include <sstream>

#include "audit/agreement.hpp"
#include "audit/private_replay.hpp"
#include "audit/progress.hpp"
#include "auditors/auditors.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "report/audit_report.hpp"
#include "report/proof_view.hpp"

namespace {

using gridtally::ExitStatus;
namespace audit = gridtally::audit;
namespace report = gridtally::report;

/// --proof: verified by itself; no archive is read.
ExitStatus audit_proof(const std::filesystem::path& file, const std::optional<std::string>& head,
                       bool json, std::ostream& out) {
  if (!head) {
    throw gridtally::InputError(
        "--proof FILE holds for a head that you know from elsewhere: give --head HASH, which a run "
        "prints at its end (or a file that begins with it, or an archive folder)");
  }
  const auto known = report::read_head(*head);
  const auto proof = report::read_proof(file);
  const auto failure = gridtally::ledger::fault_of_proof(proof, known);
  out << (json ? report::proof_json(proof, failure) : report::proof_text(proof, failure));
  return failure ? ExitStatus::unsound : ExitStatus::success;
}

struct Settings {
  std::filesystem::path archive;
  std::optional<std::filesystem::path> private_place;
  std::optional<std::filesystem::path> proof;
  std::optional<std::filesystem::path> output;
  std::optional<std::string> head;
  bool no_solve = false;
  bool every_signature = false;
  bool json = false;
  bool quiet = false;
  bool progress = false;
  std::uint32_t threads = 0;
};

/// False when there is nothing more to do: --help and --version.
bool read_settings(int argc, char** argv, Settings& settings, std::ostream& out) {
  gridtally::cli::Options options(
      "gridtally-audit",
      "Replays an archive block by block: hashes, signatures, turns, quorums, Merkle and state\n"
      "roots, each step of the contract bit for bit, trades, bills. With the meters' private\n"
      "files it evaluates each day's cost and lower bound from schedules and multipliers, which\n"
      "certifies the optimum without a solver, and then does every solve again. Ends with 0 when\n"
      "the archive is sound, 1 when it is not, 2 when it cannot be audited. A proof that\n"
      "gridtally-inspect wrote is verified against a head instead, without an archive. mpirun\n"
      "-n R shares the work among R processes.");
  options.argument("ARCHIVE", settings.archive, "archive folder, or a packed one", false)
      .option("proof", settings.proof, "",
              "instead of an archive: a proof, verified against --head")
      .option("head", settings.head, "",
              "hash of a block kept elsewhere (or a file, or an archive, with it): must be in the "
              "chain")
      .option("private", settings.private_place, "",
              "folder with private files of some or all meters, or the file of one")
      .flag("no-solve", settings.no_solve,
            "with --private: certificates only, do not repeat the solves")
      .flag("every-signature", settings.every_signature,
            "check each signature of a meter, also those that its later ones vouch for")
      .option("threads", settings.threads, "threads",
              "for signatures, solves and, besides, execution; 0: one a core, shared among the "
              "processes",
              {0, 1024})
      .flag("progress", settings.progress,
            "show how far it is on standard error, also where that is no terminal")
      .option("output", settings.output, "", "file for the report, instead of standard output")
      .flag("json", settings.json, "report as one JSON object")
      .flag("quiet", settings.quiet, "print the verdict and the first fault only");
  if (!options.parse(argc, argv, out)) return false;
  if (settings.proof.has_value() != settings.archive.empty()) {
    throw gridtally::InputError(
        "give an ARCHIVE to audit, or --proof FILE --head HASH: one of both");
  }
  if (settings.no_solve && !settings.private_place) {
    throw gridtally::InputError("--no-solve chooses how deep --private DIR goes: give that too");
  }
  return true;
}

/// The audit of all processes together; each gets the whole report.
audit::Report audit_together(const Settings& settings, const audit::Share& share, bool speaks) {
  audit::Options wanted;
  if (settings.head) wanted.head = report::read_head(*settings.head);
  wanted.threads = settings.threads;
  wanted.share = share;
  wanted.every_signature = settings.every_signature;
  std::optional<audit::PrivateReplay> replay;
  if (settings.private_place) {
    const auto depth = settings.no_solve ? audit::Depth::certificate : audit::Depth::solves;
    wanted.companion =
        replay.emplace(*settings.private_place, depth, share, settings.threads).companion();
  }
  const bool terminal = gridtally::audit_app::errors_at_terminal();
  gridtally::audit_app::Progress progress(std::cerr, terminal);
  if (speaks && !settings.quiet && (terminal || settings.progress)) {
    wanted.progress = [&](std::uint64_t blocks, std::uint64_t listed) {
      progress.show(blocks, listed);
    };
  }
  auto outcome = audit::audit_archive(settings.archive, wanted);
  if (replay) replay->describe(outcome);
  return audit::merge_reports(share, outcome);
}

void print(const Settings& settings, const audit::Report& outcome) {
  const auto text = settings.json    ? report::audit_json(outcome)
                    : settings.quiet ? report::verdict_text(outcome)
                                     : report::audit_text(outcome, settings.archive.string());
  if (!settings.output) {
    std::cout << text;
    return;
  }
  gridtally::write_file_durably(*settings.output, text);
  std::cout << report::verdict_text(outcome) << "report: " << settings.output->string() << '\n';
}

ExitStatus audit_one(const gridtally::auditors::Auditors& auditors, int argc, char** argv) {
  Settings settings;
  std::ostringstream silence;
  auto& out = auditors.speaks() ? std::cout : static_cast<std::ostream&>(silence);
  if (!read_settings(argc, argv, settings, out)) return ExitStatus::success;
  if (settings.proof) return audit_proof(*settings.proof, settings.head, settings.json, out);
  audit::Report outcome;
  try {
    outcome = audit_together(settings, auditors.share(), auditors.speaks());
    if (auditors.speaks()) print(settings, outcome);
  } catch (...) {
    // Of one process, perhaps: the others would wait for its word.
    const auto failure = gridtally::cli::current_failure("gridtally-audit");
    std::cerr << failure.text << std::flush;
    auditors.end_all(static_cast<int>(failure.status));
  }
  return static_cast<ExitStatus>(outcome.verdict);
}

}  // namespace

int main(int argc, char** argv) {
  gridtally::keep_freed_memory();
  const gridtally::auditors::Auditors auditors;
  return gridtally::cli::run_app(
      argc, argv, [&](int count, char** words) { return audit_one(auditors, count, words); },
      [&] { return auditors.speaks(); });
}
