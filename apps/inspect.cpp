#include <iostream>
#include <optional>

#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "report/block_view.hpp"
#include "report/prosumer_view.hpp"
#include "report/run_view.hpp"

namespace {

using gridtally::ExitStatus;
namespace report = gridtally::report;

struct Wanted {
  std::optional<std::uint32_t> day;
  std::optional<report::ProsumerView> prosumer;
};

void print_text(const report::RunView& run, const Wanted& wanted) {
  if (wanted.prosumer) std::cout << report::prosumer_text(run, *wanted.prosumer);
  if (run.block) std::cout << report::block_text(run.genesis, *run.block);
  if (!wanted.prosumer && !run.block) std::cout << report::run_text(run, wanted.day);
}

void print_json(const report::RunView& run, const Wanted& wanted) {
  report::Json json;
  json.begin_object();
  report::add_run(json, run, wanted.day);
  if (wanted.prosumer) report::add_prosumer(json, run, *wanted.prosumer);
  if (run.block) report::add_block(json, *run.block);
  std::cout << json.end_object().text();
}

ExitStatus inspect_archive(int argc, char** argv) {
  std::filesystem::path archive;
  std::optional<std::string> prosumer;
  std::optional<std::uint64_t> block;
  std::optional<std::filesystem::path> private_folder;
  bool as_json = false;
  Wanted wanted;
  gridtally::cli::Options options("gridtally-inspect",
                                  "Shows what an archive holds: totals of each day, one prosumer's "
                                  "trades and bill, one block.\n"
                                  "Checks no signature: gridtally-audit does.");
  options.argument("ARCHIVE", archive, "archive folder")
      .option("prosumer", prosumer, "", "show this prosumer, by name or index")
      .option("day", wanted.day, "", "this day only, counted from 0")
      .option("block", block, "height", "show this block's header and votes")
      .option("private", private_folder, "", "private folder: adds the prosumer's schedule")
      .flag("json", as_json, "print one JSON object; money in cents");
  if (!options.parse(argc, argv)) return ExitStatus::success;

  const auto run = report::read_run(archive, block);
  if (wanted.day) report::require_day(run, *wanted.day);
  if (prosumer) {
    const auto index = report::find_prosumer(run.genesis, *prosumer);
    wanted.prosumer = report::view_prosumer(run, index, wanted.day, private_folder);
  }
  if (!run.warning.empty()) {
    std::cerr << "gridtally-inspect: read up to height " << run.height << " only: " << run.warning
              << "\ngridtally-inspect: gridtally-audit " << archive.string() << " says more\n";
  }
  as_json ? print_json(run, wanted) : print_text(run, wanted);
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, inspect_archive); }
