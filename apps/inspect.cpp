#include <iostream>
#include <optional>

#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "report/benefit_view.hpp"
#include "report/block_view.hpp"
#include "report/proof_view.hpp"
#include "report/prosumer_view.hpp"
#include "report/run_view.hpp"

namespace {

using gridtally::ExitStatus;
namespace report = gridtally::report;

struct Wanted {
  std::optional<std::uint32_t> day;
  std::optional<report::ProsumerView> prosumer;
  std::optional<report::BenefitView> benefits;  ///< of every prosumer
};

void print_text(const report::RunView& run, const Wanted& wanted) {
  if (wanted.prosumer) std::cout << report::prosumer_text(run, *wanted.prosumer);
  if (run.block) std::cout << report::block_text(run.genesis, *run.block);
  if (wanted.benefits) std::cout << report::benefit_text(run, *wanted.benefits);
  if (wanted.prosumer || run.block || wanted.benefits) return;
  const auto losers = report::losers_text(run, report::view_benefits(run, wanted.day));
  std::cout << report::run_text(run, wanted.day) << (losers.empty() ? "" : "\n") << losers;
}

void print_json(const report::RunView& run, const Wanted& wanted) {
  report::Json json;
  json.begin_object();
  report::add_run(json, run, wanted.day);
  report::add_losers(json, run, report::view_benefits(run, wanted.day));
  if (wanted.benefits) report::add_benefits(json, run, *wanted.benefits);
  if (wanted.prosumer) report::add_prosumer(json, run, *wanted.prosumer);
  if (run.block) report::add_block(json, *run.block);
  std::cout << json.end_object().text();
}

struct ProofOptions {
  std::optional<std::filesystem::path> file;
  std::optional<std::string> partner;
};

/// --proof: writes the file and says how to verify it.
ExitStatus write_proof(const report::RunView& run, const Wanted& wanted,
                       const ProofOptions& options) {
  report::ProofRequest request;
  request.prosumer = wanted.prosumer->index;
  request.day = wanted.day;
  if (run.block) request.block = run.block->committed.block.header.turn.height;
  if (options.partner) request.partner = report::find_prosumer(run.genesis, *options.partner);
  const auto bytes = report::write_proof(*options.file, report::prove(run, request));
  std::cout << "wrote " << options.file->string() << ", " << bytes << " bytes; to verify: "
            << "gridtally-audit --proof " << options.file->string() << " --head "
            << gridtally::ledger::to_hex(run.head) << '\n';
  return ExitStatus::success;
}

void check_proof_options(const ProofOptions& options, bool has_prosumer) {
  if (options.partner && !options.file) {
    throw gridtally::InputError("--partner belongs to --proof FILE: give that too");
  }
  if (options.file && !has_prosumer) {
    throw gridtally::InputError("--proof is about one prosumer: give --prosumer P too");
  }
}

ExitStatus inspect_archive(int argc, char** argv) {
  std::filesystem::path archive;
  std::optional<std::string> prosumer;
  std::optional<std::uint64_t> block;
  std::optional<std::filesystem::path> private_folder;
  ProofOptions proof;
  bool prosumers = false;
  bool as_json = false;
  Wanted wanted;
  gridtally::cli::Options options(
      "gridtally-inspect",
      "Shows what an archive holds: totals of each day and who loses by "
      "trading, every prosumer's\ncosts, one prosumer's trades and bill, one "
      "block. Checks no signature: gridtally-audit does.\n"
      "Exit status: 0 all read, 1 the archive is damaged: what stands before "
      "the damage is shown,\n2 bad input or no archive, 4 failure.");
  options.argument("ARCHIVE", archive, "archive folder, or a packed one")
      .option("prosumer", prosumer, "", "show this prosumer, by name or index")
      .flag("prosumers", prosumers, "show what taking part came to for every prosumer")
      .option("day", wanted.day, "", "this day only, counted from 0")
      .option("block", block, "height", "show this block's header and votes")
      .option("private", private_folder, "",
              "private folder: adds schedule, curtailed energy and peak")
      .option("proof", proof.file, "",
              "with --prosumer and --day or --block: write a proof of it here")
      .option("partner", proof.partner, "", "with --proof and --day: prove the trade with it")
      .flag("json", as_json, "print one JSON object; money in cents");
  if (!options.parse(argc, argv)) return ExitStatus::success;

  check_proof_options(proof, prosumer.has_value());
  const auto run = report::read_run(archive, block);
  if (wanted.day) report::require_day(run, *wanted.day);
  if (prosumer) {
    const auto index = report::find_prosumer(run.genesis, *prosumer);
    wanted.prosumer = report::view_prosumer(run, index, wanted.day, private_folder);
  }
  if (proof.file) return write_proof(run, wanted, proof);
  if (prosumers) wanted.benefits = report::view_benefits(run, wanted.day, private_folder);
  if (!run.warning.empty()) {
    std::cerr << "gridtally-inspect: read up to height " << run.height << " only: " << run.warning
              << "\ngridtally-inspect: gridtally-audit " << archive.string() << " says more\n";
  }
  as_json ? print_json(run, wanted) : print_text(run, wanted);
  return run.warning.empty() ? ExitStatus::success : ExitStatus::unsound;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, inspect_archive); }
