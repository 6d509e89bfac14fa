#include <algorithm>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "ledger/keys.hpp"

namespace {

using gridtally::ExitStatus;
namespace ledger = gridtally::ledger;

using Key = std::pair<ledger::Role, std::uint32_t>;

/// Which keys: so many meters and validators, counted from the first.
struct KeyRange {
  std::optional<std::uint32_t> meters;
  std::optional<std::uint32_t> validators;
  std::uint32_t first_meter = 0;
  std::uint32_t first_validator = 0;
};

std::vector<Key> wanted_keys(const KeyRange& range) {
  std::vector<Key> keys;
  for (std::uint32_t i = 0; i < *range.meters; ++i) {
    keys.emplace_back(ledger::Role::meter, range.first_meter + i);
  }
  for (std::uint32_t i = 0; i < *range.validators; ++i) {
    keys.emplace_back(ledger::Role::validator, range.first_validator + i);
  }
  return keys;
}

/// The key that a file of that name holds; nothing for any other name.
std::optional<Key> key_of(const std::filesystem::path& file) {
  const auto stem = file.stem().string();
  const auto dash = stem.rfind('-');
  if (file.extension() != ".key" || dash == std::string::npos) return std::nullopt;
  const auto index = gridtally::parse_integer(stem.substr(dash + 1));
  if (!index || *index < 0 || *index > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  for (const auto role : {ledger::Role::meter, ledger::Role::validator}) {
    const Key key{role, static_cast<std::uint32_t>(*index)};
    if (ledger::key_name(key.first, key.second) == stem) return key;
  }
  return std::nullopt;
}

/// A key that is there already may be the only copy: then nothing is written at all.
void refuse_existing(const std::filesystem::path& folder, const KeyRange& range) {
  std::vector<std::string> faults;
  for (const auto& [role, index] : wanted_keys(range)) {
    const auto path = folder / (ledger::key_name(role, index) + ".key");
    if (!std::filesystem::exists(std::filesystem::symlink_status(path))) continue;
    faults.push_back(path.string() + ": exists already; keys are never overwritten");
  }
  if (!faults.empty()) throw gridtally::InputError(faults);
}

/// "validator-0 <public key>": all that others may know of a key.
void print_public_keys(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    throw gridtally::InputError("'" + folder.string() + "' is not a folder of keys");
  }
  std::vector<Key> keys;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (const auto key = key_of(entry.path())) keys.push_back(*key);
  }
  std::sort(keys.begin(), keys.end());
  for (const auto& [role, index] : keys) {
    const auto key = ledger::read_key(folder, role, index).public_key();
    std::cout << ledger::key_name(role, index) << " " << ledger::to_hex(key.bytes) << "\n";
  }
}

ExitStatus make_keys(int argc, char** argv) {
  std::filesystem::path folder;
  KeyRange range;
  bool print_public = false;
  gridtally::cli::Options options(
      "gridtally-keygen",
      "Makes the secret Ed25519 keys of meters and validators, one file each, for gridtally-solve\n"
      "--keys. Existing keys are never overwritten. A machine that hosts some of them only makes "
      "those\n"
      "itself (--first-meter, --first-validator) and shows the others what --public prints.");
  options.argument("DIR", folder, "folder for the keys; made with mode 0700")
      .option("meters", range.meters, "keys", "number of meters; required", {0, 1e6})
      .option("validators", range.validators, "keys", "number of validators; required", {0, 1e4})
      .option("first-meter", range.first_meter, "", "number of the first of these meters", {0, 1e6})
      .option("first-validator", range.first_validator, "",
              "number of the first of these validators", {0, 1e4})
      .flag("public", print_public, "print the public keys of the keys that DIR holds; make none");
  if (!options.parse(argc, argv)) return ExitStatus::success;
  if (print_public) {
    print_public_keys(folder);
    return ExitStatus::success;
  }
  std::vector<std::string> missing;
  if (!range.meters) missing.emplace_back("--meters is missing; give a whole number");
  if (!range.validators) missing.emplace_back("--validators is missing; give a whole number");
  if (!missing.empty()) throw gridtally::InputError(missing);

  refuse_existing(folder, range);
  ledger::make_key_folder(folder);
  for (const auto& [role, index] : wanted_keys(range)) {
    ledger::write_key(folder, role, index, ledger::SecretKey::generate());
  }
  std::cout << "wrote " << *range.meters << " meter and " << *range.validators
            << " validator keys to " << folder.string()
            << ", mode 0600.\nThey are secret: who holds one can sign as its owner. Move each file "
               "to the machine of its\nmeter or validator, keep it there, and nowhere else.\n";
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, make_keys); }
