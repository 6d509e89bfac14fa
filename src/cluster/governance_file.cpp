#include "cluster/governance_file.hpp"

#include <limits>

#include "base/text.hpp"
#include "cluster/plan_lines.hpp"

namespace gridtally::cluster {

namespace {

constexpr auto largest_index = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::uint64_t largest_height = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t key_digits = 64;

constexpr const char* remedy =
    "lines are \"validator V votes to add NAME at height H\" (NAME: validator-4 for the key file "
    "validator-4.key, or 64 hex digits of a public key) and \"validator V votes to remove NAME at "
    "height H\" (or, for a validator that the run begins with, its number)";

bool is_key(std::string_view text) {
  return text.size() == key_digits && from_hex(text).has_value();
}

bool is_index(std::string_view text) {
  const auto value = parse_integer(text);
  return value && *value >= 0 && *value <= std::int64_t{largest_index} &&
         std::to_string(*value) == text;
}

bool is_key_name(std::string_view text) {
  constexpr std::string_view prefix = "validator-";
  return text.starts_with(prefix) && is_index(text.substr(prefix.size()));
}

/// Hex digits in lower case, so that equal keys are equal texts.
std::string plain(std::string_view candidate) {
  const auto key = is_key(candidate) ? from_hex(candidate) : std::nullopt;
  return key ? to_hex(*key) : std::string(candidate);
}

void read_candidate(Words& words, GovernanceVote& vote) {
  const char* what = vote.add ? "a key's name (validator-4) or 64 hex digits of a public key"
                              : "a member's number, a key's name or 64 hex digits of a public key";
  Words ahead = words;
  const auto text = ahead.word(what);
  const bool is_number = !vote.add && is_index(text);
  if (!is_key(text) && !is_key_name(text) && !is_number) return words.fail(what);
  words = ahead;
  vote.candidate = plain(text);
}

GovernanceVote read_vote(Words& words) {
  GovernanceVote vote;
  words.expect("validator");
  vote.voter = static_cast<std::uint32_t>(words.number("a validator's number", 0, largest_index));
  words.expect("votes to");
  vote.add = words.accept("add");
  if (!vote.add && !words.accept("remove")) words.fail(R"("add" or "remove")");
  read_candidate(words, vote);
  words.expect("at");
  words.accept("height");
  vote.height = words.number("a height", 1, largest_height);
  return vote;
}

/// A voter votes once on a candidate at a height.
bool conflict(const GovernanceVote& one, const GovernanceVote& two) {
  return one.voter == two.voter && one.candidate == two.candidate && one.height == two.height;
}

}  // namespace

std::string to_text(const GovernanceVote& vote) {
  return "validator " + std::to_string(vote.voter) + " votes to " +
         (vote.add ? "add " : "remove ") + vote.candidate + " at height " +
         std::to_string(vote.height);
}

std::vector<GovernanceVote> read_governance_file(const std::filesystem::path& path) {
  return read_sentences<GovernanceVote>(path, remedy, read_vote, conflict);
}

}  // namespace gridtally::cluster
