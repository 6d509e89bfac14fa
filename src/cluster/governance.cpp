#include "cluster/governance.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.hpp"

namespace gridtally::cluster {

namespace {

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "validator-4" is a key file; "4" a validator of the genesis, as members are numbered on the
// chain, where candidates get their numbers as they join; or 64 hexadecimal digits.
std::optional<ledger::PublicKey> resolve(std::string_view candidate,
                                         std::span<const ledger::PublicKey> keys,
                                         std::size_t members) {
  if (const auto key = ledger::public_key_from_hex(candidate)) return key;
  constexpr std::string_view prefix = "validator-";
  const bool names_file = candidate.starts_with(prefix);
  if (names_file) candidate.remove_prefix(prefix.size());
  const auto number = number_in(candidate);
  if (!number || *number >= (names_file ? keys.size() : members)) return std::nullopt;
  return keys[*number];
}

}  // namespace

std::vector<ledger::Ballot> sign_ballots(std::span<const GovernanceVote> votes,
                                         const ledger::Genesis& genesis,
                                         std::span<const ledger::PublicKey> validator_keys,
                                         const Layout& layout, const Network& network,
                                         const Secrets& secrets) {
  const auto own = layout.validators_of(network.rank());
  std::vector<std::string> faults;
  Letters letters;
  for (std::size_t i = 0; i < votes.size(); ++i) {
    const auto& vote = votes[i];
    const auto candidate = resolve(vote.candidate, validator_keys, genesis.validators.size());
    if (vote.voter >= genesis.validators.size()) {
      faults.push_back("--governance: validator " + std::to_string(vote.voter) +
                       " votes, but the run begins with validators 0 to " +
                       std::to_string(genesis.validators.size() - 1));
    } else if (!candidate) {
      faults.push_back("--governance: '" + vote.candidate +
                       "' is no validator of this run and no key: name validator-0 to validator-" +
                       std::to_string(validator_keys.size() - 1) +
                       " (--candidates N hosts more), or give 64 hexadecimal digits");
    } else if (vote.voter >= own.first && vote.voter < own.first + own.count) {
      const ledger::Ballot ballot{
          ledger::run_id(genesis), vote.voter, *candidate, vote.add, vote.height, i + 1, {}};
      letters.push_back(
          encode(ledger::sign_ballot(ballot, secrets.validator_keys[vote.voter - own.first])));
    }
  }
  if (!faults.empty()) throw InputError(faults);
  std::vector<ledger::Ballot> ballots;
  for (const auto& letter : network.share(letters))
    ballots.push_back(ledger::decode_ballot(letter));
  std::sort(ballots.begin(), ballots.end(),
            [](const auto& a, const auto& b) { return a.nonce < b.nonce; });
  return ballots;
}

}  // namespace gridtally::cluster
