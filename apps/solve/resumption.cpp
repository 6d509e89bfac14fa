#include "solve/resumption.hpp"

#include "archive/archive_reader.hpp"
#include "archive/output_folder.hpp"
#include "archive/pack.hpp"
#include "base/file.hpp"
#include "cluster/genesis_difference.hpp"
#include "cluster/run_files.hpp"
#include "cluster/run_folder.hpp"
#include "ledger/carried_state.hpp"

namespace gridtally::solve {

namespace {

constexpr std::uintmax_t largest_settings = std::uintmax_t{1} << 20U;  // bytes

bool is_there(const std::filesystem::path& path) {
  std::error_code unreadable;
  return std::filesystem::exists(path, unreadable);
}

bool is_begun(const std::filesystem::path& archive) {
  return is_there(archive / archive::genesis_name) || is_there(archive / archive::manifest_name);
}

ExitStatus status_of(ledger::Outcome outcome) {
  if (outcome == ledger::Outcome::completed) return ExitStatus::success;
  return outcome == ledger::Outcome::not_converged ? ExitStatus::not_converged
                                                   : ExitStatus::failure;
}

std::string words_of(ledger::Outcome outcome, std::uint32_t day) {
  if (outcome == ledger::Outcome::completed) return "every day is settled";
  return "day " + std::to_string(day) +
         (outcome == ledger::Outcome::not_converged ? " did not converge" : " was not settled");
}

// A run forgets what it needs to go on once it has ended.
Resumption without_settings(const std::filesystem::path& folder) {
  archive::ArchiveReader reader(folder);
  ledger::Outcome outcome = ledger::Outcome::running;
  std::optional<ledger::Replay> replay;
  if (reader.has_genesis()) {
    replay.emplace(reader.genesis());
    while (const auto block = reader.next()) {
      if (replay->check(block->block, reader.thinned().get())) break;
    }
    outcome = ledger::outcome(reader.genesis(), replay->state());
  }
  if (outcome == ledger::Outcome::running) {
    throw InputError("'" + folder.string() + "' cannot go on: '" +
                     (cluster::run_folder_of(folder) / "settings").string() +
                     "' is missing. Put that folder back beside it, or drop the archive by --force "
                     "and begin anew");
  }
  return {Resumption::Kind::ended,
          "the run of '" + folder.string() +
              "' has ended already: " + words_of(outcome, replay->state().turn.day) + ", " +
              std::to_string(replay->state().turn.height) + " blocks, head " +
              ledger::to_hex(reader.head()),
          status_of(outcome)};
}

Resumption look(const Settings& settings) {
  const cluster::RunFolder folder(settings.archive);
  if (is_there(folder.settings())) {
    return {Resumption::Kind::go_on, read_text(folder.settings(), largest_settings)};
  }
  if (archive::looks_packed(settings.archive)) {
    throw InputError("'" + settings.archive.string() +
                     "' is a packed archive, and no run goes on in one: gridtally-pack --unpack " +
                     settings.archive.string() +
                     " makes its folder, to be put beside what its run "
                     "left, then --resume that");
  }
  if (is_begun(settings.archive)) return without_settings(settings.archive);
  if (!settings.community.empty()) return {};
  throw InputError("there is nothing at '" + settings.archive.string() +
                   "' to go on with; to begin a run there, name its COMMUNITY as well");
}

}  // namespace

Resumption find_resumption(const Settings& settings, const cluster::Network& network) {
  Resumption found;
  cluster::run_together([&] {
    if (network.rank() == cluster::archivist) found = look(settings);
  });
  cluster::Letters own;
  if (network.rank() == cluster::archivist) {
    ledger::ByteWriter out;
    out.u8(static_cast<std::uint8_t>(found.kind)).u8(static_cast<std::uint8_t>(found.status));
    own.push_back(out.string(found.text).take());
  }
  const auto letters = network.share(own);
  ledger::ByteReader in(letters.at(0), "resumption");
  found.kind = static_cast<Resumption::Kind>(in.u8());
  found.status = static_cast<ExitStatus>(in.u8());
  found.text = in.string(largest_settings);
  return found;
}

void require_same_run(const std::filesystem::path& archive, const ledger::Genesis& genesis) {
  const auto path = archive / archive::genesis_name;
  if (!is_there(path)) return;
  auto lines = cluster::differences(ledger::decode_genesis(read_file(path)), genesis);
  if (lines.empty()) return;
  for (auto& line : lines) line.insert(0, "'" + archive.string() + "' is of another run: ");
  lines.emplace_back(
      "go on with the community, options and keys that it began with, or begin anew "
      "by --force");
  throw InputError(std::move(lines));
}

}  // namespace gridtally::solve
