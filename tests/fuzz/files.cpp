#include "archive/archive_reader.hpp"
#include "archive/input.hpp"
#include "archive/journal.hpp"
#include "archive/manifest.hpp"
#include "audit/audit.hpp"
#include "base/error.hpp"
#include "cluster/fault_plan.hpp"
#include "cluster/governance_file.hpp"
#include "cluster/vote_records.hpp"
#include "consensus/record.hpp"
#include "fuzz/material.hpp"
#include "fuzz/target.hpp"

namespace gridtally::fuzz {

namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

Bytes after(std::uint8_t first, const Bytes& bytes) {
  Bytes all{first};
  all.insert(all.end(), bytes.begin(), bytes.end());
  return all;
}

std::vector<Bytes> segments() {
  return {material().archive.at("day-0000.h5"), material().thinned.at("day-0000.h5")};
}

void read_whole(const std::filesystem::path& folder) {
  archive::ArchiveReader reader(folder);
  (void)reader.leaves_out();
  (void)reader.evidence();
  while (const auto block = reader.next()) {
    if (ledger::block_hash(block->block.header) != block->certificate.block_hash) {
      throw Broken("a block without its hash");
    }
    if (block->block.header.settled) (void)reader.result(block->block.header.turn.day);
  }
  if (!reader.faults().empty()) throw FormatError(archive::describe(reader.faults().front()));
}

/// A segment in an archive whose manifest lists it, checksum and all.
void read_segment(ByteView bytes) {
  auto files = material().archive;
  files.erase("journal-0001");
  files["day-0000.h5"] = {bytes.begin(), bytes.end()};
  sign_manifest(files);
  for (const auto& [name, content] : files) put(name, content);
  read_whole(work_folder());
}

void read_private(ByteView bytes) {
  const auto path = put("private.h5", bytes);
  const auto file = archive::read_private_file_at(path, material().expected);
  if (file.prosumers.size() != 1) throw Broken("a private file of other homes");
  if (archive::meter_of_private_file(path) != 0) throw Broken("two meters in a private file");
}

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
  if (archive::parse_manifest(again) != manifest)
    throw Broken("a manifest that reads back otherwise");
}

void read_fault_plan(ByteView bytes) {
  const auto plan = cluster::read_fault_plan(put("faults", bytes));
  std::string text;
  for (const auto& fault : plan.all()) text += to_text(fault) + "\n";
  const auto again = cluster::read_fault_plan(put("faults", bytes_of(text)));
  if (again.all() != plan.all()) throw Broken("a fault plan that reads back otherwise");
}

void read_governance(ByteView bytes) {
  const auto votes = cluster::read_governance_file(put("governance", bytes));
  std::string text;
  for (const auto& vote : votes) text += to_text(vote) + "\n";
  if (cluster::read_governance_file(put("governance", bytes_of(text))) != votes) {
    throw Broken("a vote that reads back otherwise");
  }
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

const std::vector<std::string>& folder_names() {
  static const std::vector<std::string> names{"genesis.bin",  "manifest",       "day-0000.h5",
                                              "day-0001.h5",  "journal-0000",   "journal-0001",
                                              "journal-0002", "genesis.bin.tmp"};
  return names;
}

/// Files one after another: number of the name u8, length u32, bytes.
Bytes packed(const Files& files) {
  ledger::ByteWriter out;
  for (std::size_t i = 0; i < folder_names().size(); ++i) {
    const auto file = files.find(folder_names()[i]);
    if (file != files.end()) out.u8(static_cast<std::uint8_t>(i)).blob(file->second);
  }
  return out.take();
}

Files unpacked(ByteView bytes) {
  ledger::ByteReader in(bytes, "folder");
  Files files;
  while (in.remaining() > 0) {
    const auto& name = folder_names()[in.u8() % folder_names().size()];
    const auto content = in.blob();
    files[name] = {content.begin(), content.end()};
  }
  return files;
}

/// The first byte says whether validator 0 signs what is there.
void audit_folder(ByteView bytes) {
  if (bytes.empty()) return;
  auto files = unpacked(bytes.subspan(1));
  if (bytes[0] % 2 == 1) sign_manifest(files);
  for (const auto& name : folder_names()) std::filesystem::remove(work_folder() / name);
  for (const auto& [name, content] : files) put(name, content);
  audit::Options options;
  options.threads = 1;
  const auto report = audit::audit_archive(work_folder(), options);
  if ((report.verdict == audit::Verdict::sound) == report.fault.has_value()) {
    throw Broken("a verdict without its fault");
  }
  if (report.fault) throw FormatError(audit::describe(*report.fault));
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
          {"segment", segments, read_segment},
          {"private", [] { return std::vector<Bytes>{material().private_file}; }, read_private},
          {"faults", [] { return std::vector<Bytes>{bytes_of(fault_lines)}; }, read_fault_plan},
          {"governance", [] { return std::vector<Bytes>{bytes_of(governance_lines)}; },
           read_governance},
          {"votes", vote_files, read_votes},
          {"folder",
           [] {
             return std::vector<Bytes>{after(0, packed(material().journals)),
                                       after(1, packed(material().archive)),
                                       after(1, packed(material().thinned))};
           },
           audit_folder}};
}

}  // namespace gridtally::fuzz
