#include "archive/archive_reader.hpp"

#include <algorithm>
#include <set>

#include "archive/output_folder.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace gridtally::archive {

namespace {
/// Of a file that cannot be read: none.
std::uint64_t size_of(const ArchiveFiles& files, const std::string& name) {
  try {
    return files.open(name).size();
  } catch (const Error&) {
    return 0;
  }
}
}  // namespace

ArchiveReader::ArchiveReader(const std::filesystem::path& place) {
  open_files(place);
  if (!ended_) open_manifest();
  if (!ended_) open_genesis();
  if (!ended_) check_manifest();
  tip_ = ledger::Tip(run_id_);
  for (const auto& entry : manifest_.segments) {
    archive_bytes_ += size_of(*files_, entry.name);
  }
}

void ArchiveReader::open_files(const std::filesystem::path& place) {
  try {
    files_ = std::make_shared<const ArchiveFiles>(place);
  } catch (const Error& error) {
    fail({Standing::not_auditable,
          place.filename().string(),
          {},
          "pack",
          "a packed gridtally archive",
          error.what()});
  }
}

Standing ArchiveReader::standing() const {
  auto worst = Standing::readable;
  for (const auto& fault : faults_) worst = std::max(worst, fault.standing);
  return worst;
}

void ArchiveReader::fail(ArchiveFault fault) {
  faults_.push_back(std::move(fault));
  ended_ = true;
}

void ArchiveReader::open_manifest() {
  try {
    const auto bytes = files_->open(manifest_name).read_all(most_manifest);
    manifest_text_.assign(bytes.begin(), bytes.end());
    manifest_ = parse_manifest(manifest_text_);
  } catch (const Error& error) {
    fail({Standing::not_auditable,
          manifest_name,
          {},
          "manifest",
          "a gridtally archive",
          error.what()});
  }
}

void ArchiveReader::open_genesis() {
  try {
    const auto bytes = files_->open(genesis_name).read_all(most_genesis);
    run_id_ = ledger::sha256(bytes);
    if (run_id_ != manifest_.run_id) {
      fail({Standing::unsound, genesis_name, 0, "genesis hash", ledger::to_hex(manifest_.run_id),
            ledger::to_hex(run_id_)});
    }
    genesis_ = std::make_shared<const ledger::Genesis>(ledger::decode_genesis(bytes));
  } catch (const Error& error) {
    fail({Standing::not_auditable, genesis_name, 0, "genesis", "", error.what()});
  }
}

/// Signature, and segments in order without gaps, within the days of the genesis.
void ArchiveReader::check_manifest() {
  const auto& signer = genesis_->validators.at(0);
  if (manifest_.signer != signer || !verify_manifest(manifest_text_, signer)) {
    return fail({Standing::unsound,
                 manifest_name,
                 {},
                 "manifest signature",
                 "one by validator 0, key " + to_hex(signer.bytes),
                 "another, or of key " + to_hex(manifest_.signer.bytes)});
  }
  const auto found = files_->is_pack() ? files_->names().segments.size() : 0;
  if (files_->is_pack() && found != manifest_.segments.size()) {
    return fail({Standing::unsound,
                 manifest_name,
                 {},
                 "segments of the pack",
                 std::to_string(manifest_.segments.size()),
                 std::to_string(found)});
  }
  std::uint64_t height = 0;
  for (std::uint32_t day = 0; day < manifest_.segments.size(); ++day) {
    const auto& entry = manifest_.segments[day];
    if (day >= genesis_->days || entry.name != segment_name(day) || entry.first != height + 1 ||
        entry.last < entry.first) {
      return fail({Standing::unsound, manifest_name, entry.first, "segment list",
                   segment_name(day) + " from height " + std::to_string(height + 1),
                   entry.name + " with heights " + std::to_string(entry.first) + " to " +
                       std::to_string(entry.last)});
    }
    height = entry.last;
  }
  if (height != manifest_.height) {
    fail({Standing::unsound, manifest_name, height, "head height", std::to_string(height),
          std::to_string(manifest_.height)});
  }
}

std::optional<ledger::CommittedBlock> ArchiveReader::next() {
  if (ended_) return std::nullopt;
  auto block = next_sealed();
  if (!block && !ended_) block = next_journalled();
  if (!block) ended_ = true;
  return block;
}

std::unique_ptr<SegmentReader> ArchiveReader::opened_segment(std::uint32_t day,
                                                             const ledger::Tip& tip) {
  const auto& entry = manifest_.segments[day];
  try {
    const auto input = files_->open(entry.name);
    const auto found = digest_of(input);
    if (found != entry.sha256) {
      fail({Standing::unsound, entry.name, entry.first, "segment checksum",
            ledger::to_hex(entry.sha256), ledger::to_hex(found)});
      return nullptr;
    }
    return std::make_unique<SegmentReader>(input, *genesis_, run_id_, day, entry, tip,
                                           archive_bytes_);
  } catch (const Error& error) {
    fail({Standing::unsound, entry.name, entry.first, "segment", "", error.what()});
    return nullptr;
  }
}

/// An archive that claims more evidence than a writer keeps was not written by one.
void ArchiveReader::count_evidence(const std::vector<ledger::Evidence>& evidence) {
  for (const auto& piece : evidence) {
    evidence_bytes_ += piece.first.size() + piece.second.size();
    ++evidence_pieces_;
  }
  if (evidence_pieces_ <= most_evidence && evidence_bytes_ <= most_evidence_bytes) return;
  throw FormatError(std::to_string(evidence_pieces_) + " pieces of evidence of " +
                    std::to_string(evidence_bytes_) + " bytes, at most " +
                    std::to_string(most_evidence) + " of " + std::to_string(most_evidence_bytes) +
                    " bytes are kept");
}

std::optional<ledger::CommittedBlock> ArchiveReader::next_sealed() {
  while (segment_ || segment_index_ < manifest_.segments.size()) {
    if (!segment_) segment_ = opened_segment(segment_index_, tip_);
    if (!segment_) return std::nullopt;
    if (auto block = next_of_segment()) return block;
    if (ended_) return std::nullopt;
    segment_.reset();
    if (++segment_index_ == manifest_.segments.size()) check_history();
  }
  return std::nullopt;
}

std::optional<ledger::CommittedBlock> ArchiveReader::next_of_segment() {
  try {
    auto block = segment_->next();
    if (!block) {
      count_evidence(segment_->evidence());
      return std::nullopt;
    }
    commit_time_ = segment_->commit_time();
    tip_.advance(block->certificate.block_hash);
    return block;
  } catch (const Error& error) {
    fail({Standing::unsound, manifest_.segments[segment_index_].name, segment_->next_height(),
          "block", "", error.what()});
    return std::nullopt;
  }
}

std::shared_ptr<const ledger::ThinnedDay> ArchiveReader::thinned() const {
  return segment_ ? segment_->thinned() : nullptr;
}

void ArchiveReader::check_history() {
  if (head() != manifest_.head) {
    return fail({Standing::unsound, manifest_name, height(), "head hash",
                 ledger::to_hex(manifest_.head), ledger::to_hex(head())});
  }
  const auto root = tip_.history.root();
  if (root != manifest_.history_root) {
    fail({Standing::unsound, manifest_name, height(), "history root",
          ledger::to_hex(manifest_.history_root), ledger::to_hex(root)});
  }
}

std::optional<ledger::CommittedBlock> ArchiveReader::next_journalled() {
  if (manifest_.segments.empty() && !journals_) check_history();
  if (ended_) return std::nullopt;
  try {
    if (!journals_) journals_ = std::make_unique<JournalSequence>(files_, run_id_, sealed_days());
    auto found = journals_->next(tip_);
    if (!found) {
      count_evidence(journals_->evidence());
      return std::nullopt;
    }
    commit_time_ = found->commit_time;
    tip_.advance(found->block.certificate.block_hash);
    return std::move(found->block);
  } catch (const Error& error) {
    fail({Standing::unsound, journals_ ? journals_->place() : journal_name(sealed_days()),
          height() + 1, "journal", "", error.what()});
  }
  return std::nullopt;
}

namespace {
/// Evidence in the order found, each piece once: a crash can leave some both sealed and journalled.
class EvidenceList {
 public:
  /// Stops where an archive that a writer made would have stopped.
  void add(const std::vector<ledger::Evidence>& evidence) {
    for (const auto& piece : evidence) {
      bytes_ += piece.first.size() + piece.second.size();
      if (bytes_ > most_evidence_bytes || all_.size() == most_evidence) return;
      if (seen_.insert(ledger::sha256(ledger::encode(piece))).second) all_.push_back(piece);
    }
  }
  std::vector<ledger::Evidence> take() { return std::move(all_); }

 private:
  std::set<ledger::Digest> seen_;
  std::vector<ledger::Evidence> all_;
  std::uint64_t bytes_ = 0;
};

std::vector<ledger::Evidence> journalled_evidence(const ArchiveFiles& files,
                                                  std::uint32_t first_day) {
  std::vector<ledger::Evidence> all;
  for (const auto day : files.names().journals) {
    if (day < first_day) continue;
    JournalReader journal(files.open(journal_name(day)));
    while (journal.next()) {
    }
    all.insert(all.end(), journal.evidence().begin(), journal.evidence().end());
  }
  return all;
}

bool claims_evidence(const Input& segment) { return hdf5::Reader(segment).number("evidence") > 0; }
}  // namespace

bool ArchiveReader::leaves_out() const {
  return std::any_of(
      manifest_.segments.begin(), manifest_.segments.end(), [&](const SegmentEntry& entry) {
        try {
          return hdf5::Reader(files_->open(entry.name)).text("iterates") != to_text(Iterates{});
        } catch (const Error&) {
          return false;
        }
      });
}

std::vector<ledger::Evidence> ArchiveReader::evidence() const {
  EvidenceList list;
  for (std::uint32_t day = 0; genesis_ && day < manifest_.segments.size(); ++day) {
    const auto& entry = manifest_.segments[day];
    try {
      const auto input = files_->open(entry.name);
      if (!claims_evidence(input) || digest_of(input) != entry.sha256) continue;
      list.add(
          SegmentReader(input, *genesis_, run_id_, day, entry, ledger::Tip(run_id_), archive_bytes_)
              .evidence());
    } catch (const Error&) {
      continue;
    }
  }
  try {
    if (genesis_) list.add(journalled_evidence(*files_, sealed_days()));
  } catch (const Error&) {
    return list.take();
  }
  return list.take();
}

std::optional<DayResult> ArchiveReader::result(std::uint32_t day) {
  if (!genesis_ || day >= manifest_.segments.size()) return std::nullopt;
  const bool at_hand = segment_ && segment_index_ == day;
  const auto opened = at_hand ? nullptr : opened_segment(day, ledger::Tip(run_id_));
  const auto& segment = at_hand ? segment_ : opened;
  if (!segment) return std::nullopt;
  try {
    return segment->result();
  } catch (const Error& error) {
    const auto& entry = manifest_.segments[day];
    fail({Standing::unsound, entry.name, entry.first, "result", "", error.what()});
    return std::nullopt;
  }
}

}  // namespace gridtally::archive
