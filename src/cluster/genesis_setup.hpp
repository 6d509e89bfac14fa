#pragma once

#include <filesystem>
#include <vector>

#include "archive/private_file.hpp"
#include "cluster/layout.hpp"
#include "cluster/network.hpp"
#include "ledger/genesis.hpp"
#include "model/community.hpp"

namespace gridtally::cluster {

/// The keys and private files of the roles that this rank hosts.
struct Secrets {
  std::vector<ledger::SecretKey> meter_keys;
  std::vector<ledger::SecretKey> validator_keys;
  std::vector<archive::PrivateFile> private_files;
};

/// Reads this rank's keys from `folder`, or makes throw-away ones when it is empty. InputError
/// naming every file that is missing or open to others, and the first homes of this rank's meters
/// whose private part `community` lacks, with `homes`, the folder that was to have it (empty:
/// none); that of other homes is not looked at.
Secrets load_secrets(const model::Community& community, const Layout& layout, int rank,
                     const std::filesystem::path& key_folder,
                     const std::filesystem::path& homes = {});

/// What the options say of the run's rules.
struct Rules {
  market::Form form = market::Form::collapsed;
  std::uint32_t staleness = 0;   ///< ledger::Genesis::staleness
  std::uint32_t candidates = 0;  ///< the last so many of the layout's validators begin as none
};

struct Setup {
  ledger::Genesis genesis;
  std::vector<ledger::PublicKey> validator_keys;  ///< of the validators, then of the candidates
};

/// What the run is a function of. Collective over all ranks: public keys and input commitments are
/// exchanged. Error when the ranks have read different communities; of a home's private part only
/// the commitment of its meter's rank counts.
Setup make_genesis(const model::Community& community, const Rules& rules, const Layout& layout,
                   const Network& network, const Secrets& secrets);

/// What Func A remembers where ρ is left open (src/market/README.md).
inline constexpr std::uint32_t remembered_steps = 8;

/// ρ of the first iteration for a community whose settings leave it open [cents/kWh²], from public
/// data: partners · mean |α − π| / 4 kWh (src/market/README.md).
double first_rho(const model::Community& community);

}  // namespace gridtally::cluster
