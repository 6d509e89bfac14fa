#include "cluster/genesis_setup.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::cluster {

namespace {

archive::PrivateProsumer private_prosumer(const model::Community& community, std::uint32_t u) {
  const auto& p = community.prosumers[u];
  const auto& profile = community.profiles[u];
  archive::PrivateProsumer out;
  out.prosumer = u;
  out.parameters = {
      p.name,          p.battery_min,        p.battery_max, p.battery_initial,   p.charge_max,
      p.discharge_max, p.battery_efficiency, p.grid_max,    p.discomfort_weight, p.wear_cost};
  out.renewable = profile.renewable;
  out.inflexible = profile.inflexible;
  out.flexible_reference = profile.flexible_reference;
  out.flexible_min = profile.flexible_min;
  out.flexible_max = profile.flexible_max;
  return out;
}

// One key a role; what is wrong with a key file is noted, and a stand-in returned.
class KeySource {
 public:
  explicit KeySource(std::filesystem::path folder) : folder_(std::move(folder)) {}

  ledger::SecretKey obtain(ledger::Role role, std::uint32_t index) {
    if (folder_.empty()) return ledger::SecretKey::generate();
    try {
      return ledger::read_key(folder_, role, index);
    } catch (const Error& error) {
      faults_.emplace_back(error.what());
      return ledger::SecretKey::generate();
    }
  }

  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> faults_;
};

// Homes of a rank's meters whose private part it lacks.
class MissingHomes {
 public:
  void add(const std::string& name, std::uint32_t meter) {
    if (++count_ > named) return;
    names_ += (count_ > 1 ? ", " : "") + name + " (meter " + std::to_string(meter) + ")";
  }

  [[nodiscard]] std::optional<std::string> fault(int rank,
                                                 const std::filesystem::path& homes) const {
    if (count_ == 0) return std::nullopt;
    const auto more = count_ > named ? " and " + std::to_string(count_ - named) + " more" : "";
    return "rank " + std::to_string(rank) + " lacks the private part of prosumers " + names_ +
           more +
           "; put their numbers into prosumers.csv and their rows into profiles.csv on this " +
           "host, in the community folder or in " + place(homes);
  }

 private:
  static constexpr std::size_t named = 3;

  static std::string place(const std::filesystem::path& homes) {
    if (homes.empty()) return "a folder that --homes names";
    std::error_code unreadable;
    const bool there = std::filesystem::exists(homes, unreadable);
    return "'" + homes.string() + "' (--homes)" + (there ? "" : ", which does not exist");
  }

  std::size_t count_ = 0;
  std::string names_;
};

// One letter a role: what kind, which index, its public key and, for a meter, the commitments.
ledger::Bytes introduce(ledger::Role role, std::uint32_t index, const ledger::SecretKey& key) {
  ledger::ByteWriter out;
  out.u8(static_cast<std::uint8_t>(role)).u32(index).raw(key.public_key().bytes);
  return out.take();
}

Letters introductions(const Secrets& secrets, std::uint32_t first_validator) {
  Letters letters;
  for (std::size_t i = 0; i < secrets.validator_keys.size(); ++i) {
    letters.push_back(introduce(ledger::Role::validator,
                                first_validator + static_cast<std::uint32_t>(i),
                                secrets.validator_keys[i]));
  }
  for (std::size_t i = 0; i < secrets.meter_keys.size(); ++i) {
    const auto& file = secrets.private_files[i];
    ledger::ByteWriter out;
    out.raw(introduce(ledger::Role::meter, file.meter, secrets.meter_keys[i]));
    for (const auto& prosumer : file.prosumers) {
      out.raw(meter::input_commitment(file.salt_key, prosumer));
    }
    letters.push_back(out.take());
  }
  return letters;
}

void take_introduction(ledger::ByteView letter, Setup& setup) {
  ledger::Genesis& genesis = setup.genesis;
  ledger::ByteReader in(letter, "introduction of a meter or validator");
  const bool meter = in.u8() == static_cast<std::uint8_t>(ledger::Role::meter);
  const std::uint32_t index = in.u32();
  const ledger::PublicKey key{in.array<32>()};
  if (!meter) {
    setup.validator_keys.at(index) = key;
    return;
  }
  auto& entry = genesis.meters.at(index);
  entry.key = key;
  for (std::uint32_t u = entry.first; u < entry.first + entry.count; ++u) {
    genesis.input_commitments.at(u) = in.array<32>();
  }
}

void check_agreement(const ledger::Genesis& genesis, const Network& network) {
  const auto mine = ledger::run_id(genesis);
  const auto host = host_name();
  const Letters all =
      network.share({ledger::Bytes(mine.begin(), mine.end()), {host.begin(), host.end()}});
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    if (all[i] == all[0]) continue;
    throw InputError("rank " + std::to_string(i / 2) + " on " +
                     std::string(all[i + 1].begin(), all[i + 1].end()) +
                     " has read another community or other options than rank 0: every host needs "
                     "the same community.cfg, tariff, partners and list of homes, "
                     "options and program version");
  }
}

std::optional<std::int64_t> micro_cents(std::optional<double> cents) {
  if (!cents) return std::nullopt;
  return std::llround(*cents * 1e6);
}

void fill_public_part(const model::Community& community, const Rules& rules,
                      ledger::Genesis& genesis) {
  const auto& settings = community.settings;
  const auto numbers =
      static_cast<std::size_t>(settings.days) * static_cast<std::size_t>(settings.slots_per_day);
  for (const auto& prosumer : community.prosumers) genesis.prosumers.push_back(prosumer.name);
  genesis.days = static_cast<std::uint32_t>(settings.days);
  genesis.slot_hours = settings.slot_hours;
  genesis.peak_price = settings.peak_price;
  const auto& tariff = community.tariff;
  genesis.grid_price.assign(tariff.grid_price.begin(),
                            tariff.grid_price.begin() + static_cast<std::ptrdiff_t>(numbers));
  genesis.reserve_price.assign(tariff.reserve_price.begin(),
                               tariff.reserve_price.begin() + static_cast<std::ptrdiff_t>(numbers));
  genesis.terms.form = rules.form;
  genesis.staleness = rules.staleness;
  for (const auto& prosumer : community.prosumers) {
    genesis.opening_balances.push_back(micro_cents(prosumer.opening_balance));
  }
  genesis.terms.slots = static_cast<std::size_t>(settings.slots_per_day);
  genesis.terms.rho = settings.rho > 0.0 ? settings.rho : first_rho(community);
  genesis.terms.memory = settings.rho > 0.0 ? 0 : remembered_steps;
  genesis.terms.epsilon = settings.epsilon;
  genesis.terms.gap = settings.gap;
  genesis.terms.max_iterations = settings.max_iterations;
  genesis.terms.p2p_price = settings.p2p_price;
  genesis.terms.graph = community.partners;
}

}  // namespace

double first_rho(const model::Community& community) {
  constexpr double traded = 4.0;  // what a home trades in a slot, about [kWh]
  const auto& graph = community.partners;
  const double partners = static_cast<double>(graph.arcs()) /
                          static_cast<double>(std::max<std::size_t>(graph.prosumers(), 1));
  double sum = 0.0;
  for (const double price : community.tariff.grid_price) {
    sum += std::abs(price - community.settings.p2p_price);
  }
  const double mean =
      sum / static_cast<double>(std::max<std::size_t>(community.tariff.grid_price.size(), 1));
  return std::max(partners, 1.0) * (mean > 0.0 ? mean : 1.0) / traded;
}

Secrets load_secrets(const model::Community& community, const Layout& layout, int rank,
                     const std::filesystem::path& key_folder, const std::filesystem::path& homes) {
  Secrets secrets;
  KeySource keys(key_folder);
  const auto validators = layout.validators_of(rank);
  for (std::uint32_t i = 0; i < validators.count; ++i) {
    secrets.validator_keys.push_back(keys.obtain(ledger::Role::validator, validators.first + i));
  }
  MissingHomes missing;
  const auto meters = layout.meters_of(rank);
  const auto ranges =
      ledger::meter_ranges(static_cast<std::uint32_t>(community.size()), layout.meters());
  for (std::uint32_t m = meters.first; m < meters.first + meters.count; ++m) {
    secrets.meter_keys.push_back(keys.obtain(ledger::Role::meter, m));
    archive::PrivateFile file;
    file.meter = m;
    file.salt_key = secrets.meter_keys.back().derive("salt");
    file.slots = static_cast<std::uint32_t>(community.settings.slots_per_day);
    for (std::uint32_t u = ranges[m].first; u < ranges[m].first + ranges[m].count; ++u) {
      if (!community.has_private(u)) missing.add(community.prosumers[u].name, m);
      file.prosumers.push_back(private_prosumer(community, u));
    }
    file.days = static_cast<std::uint32_t>(file.prosumers.front().renewable.size()) / file.slots;
    secrets.private_files.push_back(std::move(file));
  }
  auto faults = keys.faults();
  if (auto fault = missing.fault(rank, homes)) faults.push_back(std::move(*fault));
  if (!faults.empty()) throw InputError(std::move(faults));
  return secrets;
}

Setup make_genesis(const model::Community& community, const Rules& rules, const Layout& layout,
                   const Network& network, const Secrets& secrets) {
  Setup setup;
  ledger::Genesis& genesis = setup.genesis;
  fill_public_part(community, rules, genesis);
  const auto size = static_cast<std::uint32_t>(community.size());
  for (const auto& range : ledger::meter_ranges(size, layout.meters())) {
    genesis.meters.push_back({{}, range.first, range.count});
  }
  setup.validator_keys.resize(layout.validators());
  genesis.input_commitments.resize(size);
  const auto first_validator = layout.validators_of(network.rank()).first;
  for (const auto& letter : network.share(introductions(secrets, first_validator))) {
    take_introduction(letter, setup);
  }
  genesis.validators.assign(setup.validator_keys.begin(),
                            setup.validator_keys.end() - rules.candidates);
  check_agreement(genesis, network);
  return setup;
}

}  // namespace gridtally::cluster
