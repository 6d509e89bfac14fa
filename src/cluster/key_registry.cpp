#include "cluster/key_registry.hpp"

#include <sstream>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::cluster {

namespace {

constexpr std::uintmax_t largest_registry = std::uintmax_t{256} << 20U;  // bytes

}  // namespace

KeyRegistry read_key_registry(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) {
    throw InputError("no file of public keys '" + file.string() +
                     "': make it of what gridtally-keygen DIR --public prints on each host");
  }
  KeyRegistry registry;
  std::vector<std::string> faults;
  std::istringstream lines(read_text(file, largest_registry));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string name;
    std::string digits;
    if (!(words >> name)) continue;
    words >> digits;
    const auto where = file.string() + ":" + std::to_string(number) + ": ";
    const auto key = ledger::public_key_from_hex(digits);
    if (!key) {
      faults.push_back(where + "'" + digits + "' is no public key: 64 hexadecimal digits");
    } else if (!registry.emplace(name, *key).second) {
      faults.push_back(where + name + " is registered twice");
    }
  }
  if (!faults.empty()) throw InputError(faults);
  return registry;
}

void check_registered(const KeyRegistry& registry, const Setup& setup) {
  std::vector<std::string> faults;
  const auto check = [&](ledger::Role role, std::size_t index, const ledger::PublicKey& key) {
    const auto name = ledger::key_name(role, static_cast<std::uint32_t>(index));
    const auto found = registry.find(name);
    if (found == registry.end()) {
      faults.push_back(name + " is not in the registry of keys");
    } else if (found->second != key) {
      faults.push_back(name + " signs with another key than the registry has of it");
    }
  };
  const auto& meters = setup.genesis.meters;
  for (std::size_t m = 0; m < meters.size(); ++m) check(ledger::Role::meter, m, meters[m].key);
  const auto& validators = setup.validator_keys;
  for (std::size_t v = 0; v < validators.size(); ++v) {
    check(ledger::Role::validator, v, validators[v]);
  }
  if (!faults.empty()) throw InputError(faults);
}

}  // namespace gridtally::cluster
