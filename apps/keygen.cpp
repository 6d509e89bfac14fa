#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "ledger/keys.hpp"

namespace {

using gridtally::ExitStatus;
namespace ledger = gridtally::ledger;

struct KeyCounts {
  std::optional<std::uint32_t> meters;
  std::optional<std::uint32_t> validators;
};

std::vector<std::pair<ledger::Role, std::uint32_t>> wanted_keys(const KeyCounts& counts) {
  std::vector<std::pair<ledger::Role, std::uint32_t>> keys;
  for (std::uint32_t i = 0; i < *counts.meters; ++i) keys.emplace_back(ledger::Role::meter, i);
  for (std::uint32_t i = 0; i < *counts.validators; ++i) {
    keys.emplace_back(ledger::Role::validator, i);
  }
  return keys;
}

/// A key that is there already may be the only copy: then nothing is written at all.
void refuse_existing(const std::filesystem::path& folder, const KeyCounts& counts) {
  std::vector<std::string> faults;
  for (const auto& [role, index] : wanted_keys(counts)) {
    const auto path = folder / (ledger::key_name(role, index) + ".key");
    if (!std::filesystem::exists(std::filesystem::symlink_status(path))) continue;
    faults.push_back(path.string() + ": exists already; keys are never overwritten");
  }
  if (!faults.empty()) throw gridtally::InputError(faults);
}

/// "validator-0 <public key>": all that others may know of a key.
void print_public_keys(const std::filesystem::path& folder) {
  for (const auto role : {ledger::Role::meter, ledger::Role::validator}) {
    for (std::uint32_t i = 0;
         std::filesystem::exists(folder / (ledger::key_name(role, i) + ".key")); ++i) {
      const auto key = ledger::read_key(folder, role, i).public_key();
      std::cout << ledger::key_name(role, i) << " " << ledger::to_hex(key.bytes) << "\n";
    }
  }
}

ExitStatus make_keys(int argc, char** argv) {
  std::filesystem::path folder;
  KeyCounts counts;
  bool print_public = false;
  gridtally::cli::Options options(
      "gridtally-keygen",
      "Makes the secret Ed25519 keys of meters and validators, one file each, for gridtally-solve\n"
      "--keys. Existing keys are never overwritten.");
  options.argument("DIR", folder, "folder for the keys; made with mode 0700")
      .option("meters", counts.meters, "keys", "number of meters; required", {1, 1e6})
      .option("validators", counts.validators, "keys", "number of validators; required", {1, 1e4})
      .flag("public", print_public, "print the public keys of the keys that DIR holds; make none");
  if (!options.parse(argc, argv)) return ExitStatus::success;
  if (print_public) {
    print_public_keys(folder);
    return ExitStatus::success;
  }
  std::vector<std::string> missing;
  if (!counts.meters) missing.emplace_back("--meters is missing; give a whole number");
  if (!counts.validators) missing.emplace_back("--validators is missing; give a whole number");
  if (!missing.empty()) throw gridtally::InputError(missing);

  refuse_existing(folder, counts);
  ledger::make_key_folder(folder);
  for (const auto& [role, index] : wanted_keys(counts)) {
    ledger::write_key(folder, role, index, ledger::SecretKey::generate());
  }
  std::cout << "wrote " << *counts.meters << " meter and " << *counts.validators
            << " validator keys to " << folder.string()
            << ", mode 0600.\nThey are secret: who holds one can sign as its owner. Move each file "
               "to the machine of its\nmeter or validator, keep it there, and nowhere else.\n";
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, make_keys); }
