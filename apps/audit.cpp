#include "audit/audit.hpp"

#include <iostream>
#include <optional>

#include "audit/private_replay.hpp"
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
                       bool json) {
  if (!head) {
    throw gridtally::InputError(
        "--proof FILE holds for a head that you know from elsewhere: give --head HASH, which a run "
        "prints at its end (or a file that begins with it, or an archive folder)");
  }
  const auto known = report::read_head(*head);
  const auto proof = report::read_proof(file);
  const auto failure = gridtally::ledger::fault_of_proof(proof, known);
  std::cout << (json ? report::proof_json(proof, failure) : report::proof_text(proof, failure));
  return failure ? ExitStatus::unsound : ExitStatus::success;
}

ExitStatus audit_one(int argc, char** argv) {
  std::filesystem::path archive;
  std::optional<std::filesystem::path> private_folder;
  std::optional<std::filesystem::path> proof;
  std::optional<std::string> head;
  bool no_solve = false;
  bool json = false;
  bool quiet = false;
  std::uint32_t threads = 0;
  gridtally::cli::Options options(
      "gridtally-audit",
      "Replays an archive block by block: hashes, signatures, turns, quorums, Merkle and state\n"
      "roots, each step of the contract bit for bit, trades, bills. With the meters' private\n"
      "files it evaluates each day's cost and lower bound from schedules and multipliers, which\n"
      "certifies the optimum without a solver, and then does every solve again. Ends with 0 when\n"
      "the archive is sound, 1 when it is not, 2 when it cannot be audited. A proof that\n"
      "gridtally-inspect wrote is verified against a head instead, without an archive.");
  options.argument("ARCHIVE", archive, "archive folder", false)
      .option("proof", proof, "", "instead of an archive: a proof, verified against --head")
      .option("head", head, "",
              "hash of a block kept elsewhere (or a file, or an archive, with it): must be in the "
              "chain")
      .option("private", private_folder, "", "folder with private files of some or all meters")
      .flag("no-solve", no_solve, "with --private: certificates only, do not repeat the solves")
      .option("threads", threads, "threads", "for the signatures; 0: one a core", {0, 1024})
      .flag("json", json, "print one JSON object")
      .flag("quiet", quiet, "print the verdict and the first fault only");
  if (!options.parse(argc, argv)) return ExitStatus::success;

  if (proof.has_value() != archive.empty()) {
    throw gridtally::InputError(
        "give an ARCHIVE to audit, or --proof FILE --head HASH: one of both");
  }
  if (proof) return audit_proof(*proof, head, json);

  audit::Options wanted;
  if (head) wanted.head = report::read_head(*head);
  wanted.threads = threads;
  std::optional<audit::PrivateReplay> replay;
  if (no_solve && !private_folder) {
    throw gridtally::InputError("--no-solve chooses how deep --private DIR goes: give that too");
  }
  if (private_folder) {
    const auto depth = no_solve ? audit::Depth::certificate : audit::Depth::solves;
    wanted.companion = replay.emplace(*private_folder, depth).companion();
  }

  auto outcome = audit::audit_archive(archive, wanted);
  if (replay) replay->describe(outcome);
  if (json) {
    std::cout << report::audit_json(outcome);
  } else {
    std::cout << (quiet ? report::verdict_text(outcome)
                        : report::audit_text(outcome, archive.string()));
  }
  return static_cast<ExitStatus>(outcome.verdict);
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, audit_one); }
