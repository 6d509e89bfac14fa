#include "archive/input.hpp"
#include "archive/journal.hpp"
#include "archive/manifest.hpp"
#include "cluster/fault_plan.hpp"
#include "cluster/governance_file.hpp"
#include "cluster/key_registry.hpp"
#include "cluster/vote_records.hpp"
#include "consensus/record.hpp"
#include "fuzz/targets/mending.hpp"
#include "fuzz/targets/target.hpp"

namespace gridtally::fuzz {

namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// The first byte says whether the frames get their right hashes.
void read_journal(ByteView bytes) {
  if (bytes.empty()) return;
  Bytes content(bytes.begin() + 1, bytes.end());
  if (bytes[0] % 2 == 1) hash_frames(content, 13);
  archive::JournalReader journal(archive::Input(put("journal", content)));
  while (journal.next()) {
  }
  if (journal.offset() + journal.cut_bytes() != content.size()) {
    throw Broken("bytes of a journal that are neither read nor cut");
  }
}

void read_manifest(ByteView bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto& key = material().chain.validator_keys[0];
  auto manifest = archive::parse_manifest(text);
  (void)archive::verify_manifest(text, key.public_key());
  const auto again = archive::sign_manifest(manifest, key);
  manifest.signer = key.public_key();
  if (read_again([&] { return archive::parse_manifest(again); }) != manifest) {
    throw Broken("a manifest that reads back otherwise");
  }
}

void read_fault_plan(ByteView bytes) {
  const auto plan = cluster::read_fault_plan(put("faults", bytes));
  std::string text;
  for (const auto& fault : plan.all()) text += to_text(fault) + "\n";
  const auto path = put("faults", bytes_of(text));
  const auto again = read_again([&] { return cluster::read_fault_plan(path); });
  if (again.all() != plan.all()) throw Broken("a fault plan that reads back otherwise");
}

void read_governance(ByteView bytes) {
  const auto votes = cluster::read_governance_file(put("governance", bytes));
  std::string text;
  for (const auto& vote : votes) text += to_text(vote) + "\n";
  const auto path = put("governance", bytes_of(text));
  if (read_again([&] { return cluster::read_governance_file(path); }) != votes) {
    throw Broken("a vote that reads back otherwise");
  }
}

std::string text_of(const cluster::KeyRegistry& registry) {
  std::string text;
  for (const auto& [name, key] : registry) text += name + " " + ledger::to_hex(key.bytes) + "\n";
  return text;
}

void read_registry(ByteView bytes) {
  const auto registry = cluster::read_key_registry(put("registry", bytes));
  const auto path = put("registry", bytes_of(text_of(registry)));
  if (read_again([&] { return cluster::read_key_registry(path); }) != registry) {
    throw Broken("public keys that read back otherwise");
  }
}

std::vector<Bytes> registries() {
  const auto& genesis = material().chain.genesis;
  return {bytes_of(
      text_of({{"meter-00000", genesis.meters[0].key}, {"validator-001", genesis.validators[1]}}))};
}

/// The frames get their right hashes; of each record the checksum stays as it is.
void read_votes(ByteView bytes) {
  Bytes content(bytes.begin(), bytes.end());
  hash_frames(content, 8);
  for (const auto& [validator, record] : cluster::read_vote_records(put("votes", content))) {
    (void)consensus::decode_record(record);
  }
}

std::vector<Bytes> vote_files() {
  consensus::Record record;
  record.run_id = ledger::run_id(material().chain.genesis);
  record.key = material().chain.validator_keys[0].public_key();
  record.height = 4;
  const auto encoded = encode(record);
  ledger::ByteWriter out;
  for (const std::uint32_t validator : {0, 2}) {
    out.u32(static_cast<std::uint32_t>(encoded.size())).u32(validator).raw(encoded);
    out.raw(ledger::Digest{});
  }
  return {out.take()};
}

constexpr const char* fault_lines =
    "# all kinds\nvalidator 2 silent from height 40 to 60\nvalidator 1 silent from height 90\n"
    "validator 1 equivocates at height 12\nvalidator 3 reports a wrong state root at height 30\n"
    "meter 5 signs with a foreign key at iteration 7 of day 2\n"
    "meter 1 is impersonated at iteration 7\n"
    "meter 2 stalls 3 s at iteration 9 of day 2\nmeter 4 lags 2 iterations\n";
constexpr const char* governance_lines =
    "validator 0 votes to add validator-4 at height 10\n"
    "validator 1 votes to remove 2 at height 12 # out\n";

}  // namespace

std::vector<Target> files() {
  return {{"manifest", [] { return std::vector<Bytes>{material().archive.at("manifest")}; },
           read_manifest},
          {"journal",
           [] {
             return std::vector<Bytes>{after(0, material().journals.at("journal-0000")),
                                       after(1, material().journals.at("journal-0000"))};
           },
           read_journal},
          {"faults", [] { return std::vector<Bytes>{bytes_of(fault_lines)}; }, read_fault_plan},
          {"governance", [] { return std::vector<Bytes>{bytes_of(governance_lines)}; },
           read_governance},
          {"registry", registries, read_registry},
          {"votes", vote_files, read_votes}};
}

}  // namespace gridtally::fuzz
