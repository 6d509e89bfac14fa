#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>

#include "archive/archive_reader.hpp"
#include "archive/lock_file.hpp"
#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "ledger/ballot.hpp"
#include "ledger/ballot_folder.hpp"
#include "ledger/membership.hpp"

namespace {

using namespace gridtally;

struct Settings {
  std::filesystem::path archive;
  std::filesystem::path keys;
  std::uint32_t validator = 0;
  std::string add;
  std::string remove;
  std::uint64_t not_before = 0;
};

/// Who validates after the blocks that the archive holds so far.
ledger::Membership read_membership(archive::ArchiveReader& reader) {
  if (!reader.has_genesis()) {
    throw InputError(archive::describe(reader.faults().front()) +
                     "; give the archive folder of the run to vote in");
  }
  ledger::Membership members(reader.genesis().validators, reader.genesis().vote_epoch);
  while (const auto committed = reader.next()) {
    for (const auto& ballot : committed->block.ballots) {
      members.cast(ballot.voter, ballot.candidate, ballot.add);
    }
    const auto& header = committed->block.header;
    members.close_block(header.turn.height, header.proposer);
  }
  return members;
}

/// 64 hexadecimal digits, the number of a validator, or the name of a key file in --keys.
ledger::PublicKey candidate_key(const std::string& text, const ledger::Membership& members,
                                const std::filesystem::path& keys) {
  if (const auto key = ledger::public_key_from_hex(text)) return *key;
  const std::string prefix = "validator-";
  const bool names_file = text.starts_with(prefix);
  const std::string digits = names_file ? text.substr(prefix.size()) : text;
  const bool is_number = !digits.empty() && digits.size() < 8 &&
                         (digits.size() == 1 || digits.front() != '0') &&
                         std::all_of(digits.begin(), digits.end(),
                                     [](char letter) { return letter >= '0' && letter <= '9'; });
  if (is_number && names_file) {
    const auto number = static_cast<std::uint32_t>(std::stoul(digits));
    return ledger::read_key(keys, ledger::Role::validator, number).public_key();
  }
  if (is_number && std::stoul(digits) < members.known().size()) {
    return members.known()[std::stoul(digits)];
  }
  throw InputError("'" + text + "' names no validator: give its number (0 to " +
                   std::to_string(members.known().size() - 1) +
                   "), a key file's name such as validator-4, or 64 hexadecimal digits");
}

std::uint64_t nanoseconds_since_1970() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
}

ExitStatus vote(int argc, char** argv) {
  Settings settings;
  cli::Options options(
      "gridtally-vote",
      "Signs a validator's vote to add or remove a validator, and leaves it where the run that\n"
      "writes ARCHIVE looks for it. More than half of the members must say the same; the change\n"
      "counts from the height after the block with the last of these votes.");
  options.argument("ARCHIVE", settings.archive, "archive folder of the run")
      .option("keys", settings.keys, "", "folder with the voter's key; required")
      .option("validator", settings.validator, "", "the voter: number of its key file", {0, 1e6})
      .option("add", settings.add, "",
              "whom to add: a key file's name in --keys (validator-4), or a public key in hex")
      .option("remove", settings.remove, "", "whom to remove: its number, or its public key in hex")
      .option("not-before", settings.not_before, "height",
              "the first block that may hold the vote");
  if (!options.parse(argc, argv)) return ExitStatus::success;
  if (settings.keys.empty()) throw InputError("--keys is missing: the folder with the voter's key");
  if (settings.add.empty() == settings.remove.empty()) {
    throw InputError("choose --add or --remove, and whom");
  }

  archive::ArchiveReader reader(settings.archive);
  const auto members = read_membership(reader);
  const auto key = ledger::read_key(settings.keys, ledger::Role::validator, settings.validator);
  const auto voter = members.find(key.public_key());
  if (!voter || !members.is_active(*voter)) {
    throw InputError("validator-" + std::to_string(settings.validator) +
                     " is not a member: only members vote");
  }
  const bool adds = !settings.add.empty();
  const auto candidate =
      candidate_key(adds ? settings.add : settings.remove, members, settings.keys);
  if (!archive::is_being_written(settings.archive)) {
    throw InputError("no run writes " + settings.archive.string() +
                     " now: nobody would count the vote");
  }
  const auto ballot = ledger::sign_ballot(
      {reader.run_id(), *voter, candidate, adds, settings.not_before, nanoseconds_since_1970(), {}},
      key);
  const auto path = ledger::leave_ballot(ledger::ballot_folder_of(settings.archive), ballot);
  std::cout << "validator " << *voter << " votes to " << (adds ? "add " : "remove ")
            << ledger::to_hex(candidate.bytes) << "\n"
            << path.string() << " (the run takes it up within a second)\n";
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, vote); }
