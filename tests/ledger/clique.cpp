#include "ledger/clique.hpp"

#include <algorithm>

namespace gridtally::ledger {
namespace {

std::string joined(const Json& list) {
  std::string letters;
  for (const auto& [unused, letter] : list) letters += letter.get_value<std::string>();
  return letters;
}

/// Boost reads null as the text "null".
std::string text_or_empty(const Json& value) {
  const auto text = value.get_value<std::string>();
  return text == "null" ? "" : text;
}

CliqueBlock read_block(const Json& json) {
  CliqueBlock block;
  block.signer = json.get<std::string>("signer").at(0);
  const std::string voted = text_or_empty(json.get_child("voted"));
  block.voted = voted.empty() ? '\0' : voted.at(0);
  block.add = json.get<std::string>("auth") == "true";
  block.checkpoint = joined(json.get_child("checkpoint"));
  return block;
}

CliqueCase read_case(const Json& json) {
  CliqueCase one;
  one.text = json.get<std::string>("index") + ": " + json.get<std::string>("desc");
  one.epoch = json.get<std::uint64_t>("epoch");
  one.signers = joined(json.get_child("signers"));
  for (const auto& [unused, block] : json.get_child("blocks")) {
    one.blocks.push_back(read_block(block));
  }
  one.results = joined(json.get_child("results"));
  one.failure = text_or_empty(json.get_child("failure"));
  return one;
}

}  // namespace

PublicKey lettered_key(char letter) {
  PublicKey key;
  key.bytes.fill(static_cast<std::uint8_t>(letter));
  return key;
}

Membership of_letters(const std::string& letters, std::uint64_t epoch) {
  std::vector<PublicKey> keys;
  for (const char letter : letters) keys.push_back(lettered_key(letter));
  return {keys, epoch};
}

std::vector<CliqueCase> read_clique_cases(const std::filesystem::path& folder) {
  const Json file = read_json(folder / "eip225_clique_cases.json");
  std::vector<CliqueCase> cases;
  for (const auto& [unused, json] : file.get_child("cases")) cases.push_back(read_case(json));
  return cases;
}

std::string letters_of(const Membership& membership) {
  std::string letters;
  for (const std::uint32_t member : membership.active()) {
    letters += static_cast<char>(membership.known()[member].bytes[0]);
  }
  std::sort(letters.begin(), letters.end());
  return letters;
}

Membership restarted(const Membership& membership) {
  ByteWriter writer;
  membership.encode(writer);
  ByteReader reader(writer.bytes(), "membership");
  Membership read = Membership::decode(reader);
  reader.finish();
  return read;
}

std::string SlowClique::apply(const CliqueBlock& block) {
  if (!members_.contains(block.signer)) return "errUnauthorizedSigner";
  if (signed_recently(block.signer)) return "errRecentlySigned";
  signers_.push_back(block.signer);
  if (block.voted != 0) count(block);
  return "";
}

bool SlowClique::signed_recently(char signer) const {
  const std::size_t window = std::min(signers_.size(), members_.size() / 2);
  return std::count(signers_.end() - static_cast<std::ptrdiff_t>(window), signers_.end(), signer) >
         0;
}

void SlowClique::count(const CliqueBlock& block) {
  const bool member = members_.contains(block.voted);
  votes_.erase({block.signer, block.voted});
  if (block.add != member) votes_[{block.signer, block.voted}] = block.add;

  std::size_t tally = 0;
  for (const auto& [who, add] : votes_) tally += who.second == block.voted && add != member ? 1 : 0;
  if (tally <= members_.size() / 2) return;
  if (member) {
    members_.erase(block.voted);
  } else {
    members_.insert(block.voted);
  }
  std::erase_if(votes_, [&](const auto& vote) {
    const auto& [signer, candidate] = vote.first;
    return candidate == block.voted || (member && signer == block.voted);
  });
}

}  // namespace gridtally::ledger
