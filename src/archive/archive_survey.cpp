#include "archive/archive_survey.hpp"

#include <algorithm>

#include "archive/column.hpp"
#include "archive/journal_sequence.hpp"
#include "archive/output_folder.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

void count(SegmentCounts& counts, const ledger::Block& block) {
  counts.ballots += block.ballots.size();
  counts.validators += block.ballots.size();
  counts.payments += block.payments.size();
}

void count(SegmentCounts& counts, const ledger::Evidence& evidence) {
  ++counts.evidence;
  counts.evidence_bytes += evidence.first.size() + evidence.second.size();
}

namespace {
class Surveyor {
 public:
  Surveyor(std::filesystem::path folder, const ledger::Genesis& genesis)
      : folder_(std::move(folder)),
        genesis_(genesis),
        run_id_(ledger::run_id(genesis)),
        names_(list_archive(folder_)) {
    out_.sealed = ledger::Tip(run_id_);
    out_.validators = genesis.validators.size();
  }

  Survey survey() {
    out_.leftovers = names_.temporaries;
    if (!names_.genesis) {
      check_nothing_begun();
      return std::move(out_);
    }
    out_.begun = true;
    check_genesis();
    if (names_.manifest) {
      read_manifest();
    } else {
      check_no_manifest_yet();
    }
    read_journals();
    check_unlisted_segments();
    return std::move(out_);
  }

 private:
  [[noreturn]] static void refuse(const std::string& what) { throw FormatError(what); }

  // A crash while an archive is begun, or while an old one is replaced, leaves the mark.
  void check_nothing_begun() {
    const auto& left = names_.temporaries;
    const bool marked = std::find(left.begin(), left.end(), begun_name) != left.end();
    const bool empty = !names_.manifest && names_.journals.empty() && names_.segments.empty();
    if (!marked && !empty) refuse(std::string(genesis_name) + " is missing");
    if (names_.manifest) out_.leftovers.emplace_back(manifest_name);
    for (const auto day : names_.journals) out_.leftovers.push_back(journal_name(day));
    for (const auto day : names_.segments) out_.leftovers.push_back(segment_name(day));
  }

  void check_genesis() const {
    const auto found = digest_of(Input(folder_ / genesis_name));
    if (found == run_id_) return;
    throw InputError("'" + folder_.string() + "' is the archive of another run: its " +
                     genesis_name + " has SHA-256 " + ledger::to_hex(found) + ", this run's has " +
                     ledger::to_hex(run_id_) +
                     "; give what that run was given, or choose another output");
  }

  // The first journal is made before the manifest, the second after it.
  void check_no_manifest_yet() const {
    if (names_.segments.empty() && (names_.journals.empty() || names_.journals == first_day_only)) {
      return;
    }
    refuse(std::string(manifest_name) + " is missing");
  }

  void read_manifest() {
    const auto text = read_text(folder_ / manifest_name, std::uintmax_t{16} << 20);
    const auto manifest = parse_manifest(text);
    if (manifest.run_id != run_id_ || !verify_manifest(text, genesis_.validators.at(0))) {
      refuse(std::string(manifest_name) + " is not signed by validator 0 for this run");
    }
    std::uint32_t day = 0;
    for (const auto& entry : manifest.segments) {
      if (entry.name != segment_name(day) || entry.first != out_.sealed.height() + 1) {
        refuse(std::string(manifest_name) + ": segment " + entry.name + " is not the next");
      }
      read_segment(entry);
      ++day;
    }
    if (manifest.height != out_.sealed.height() || manifest.head != out_.sealed.head ||
        manifest.history_root != out_.sealed.history.root()) {
      refuse(std::string(manifest_name) + ": its head is not that of its segments");
    }
    out_.segments = manifest.segments;
  }

  void read_segment(const SegmentEntry& entry) {
    const Input input(folder_ / entry.name);
    const auto found = digest_of(input);
    if (found != entry.sha256) {
      refuse(entry.name + ": SHA-256 expected " + ledger::to_hex(entry.sha256) + ", found " +
             ledger::to_hex(found));
    }
    const hdf5::Reader file(input);
    out_.validators = file.number("validators");
    out_.evidence_pieces += file.number("evidence");
    out_.evidence_bytes += file.number("evidence_bytes");
    Extents extents;
    extents.blocks = entry.last - entry.first + 1;
    ColumnReader hashes(file, {"/blocks/hash", hdf5::Type::u8, {Axis::block, Axis::digest}, "", ""},
                        extents);
    for (std::uint64_t i = 0; i < extents.blocks; ++i) {
      ledger::Digest hash;
      const auto row = hashes.next_row();
      std::copy(row.begin(), row.end(), hash.begin());
      out_.sealed.advance(hash);
    }
  }

  void read_journals() {
    JournalSequence journals(std::make_shared<const ArchiveFiles>(folder_), run_id_, sealed_days());
    auto tip = out_.sealed;
    auto validators = out_.validators;
    while (journals.next_day(tip)) {
      JournalledDay day{journals.day(), tip.height() + 1, tip, {}};
      day.counts.validators = validators;
      while (const auto found = journals.next_of_day(tip)) {
        tip.advance(found->block.certificate.block_hash);
        count(day.counts, found->block.block);
      }
      for (const auto& piece : journals.journal().evidence()) count(day.counts, piece);
      day.end = tip;
      validators = day.counts.validators;
      out_.evidence_pieces += day.counts.evidence;
      out_.evidence_bytes += day.counts.evidence_bytes;
      out_.journal_bytes = journals.journal().offset();
      out_.days.push_back(std::move(day));
    }
    for (const auto day : names_.journals) {
      if (day < sealed_days()) out_.leftovers.push_back(journal_name(day));
    }
  }

  // A day is sealed from its journal, after the next day's has been begun.
  void check_unlisted_segments() {
    for (const auto day : names_.segments) {
      if (day < sealed_days()) continue;
      if (day > sealed_days() || out_.days.size() < 2) {
        refuse(segment_name(day) + " is not in the manifest, and no journal holds its blocks");
      }
      out_.leftovers.push_back(segment_name(day));
    }
  }

  [[nodiscard]] std::uint32_t sealed_days() const {
    return static_cast<std::uint32_t>(out_.segments.size());
  }

  inline static const std::vector<std::uint32_t> first_day_only{0};
  std::filesystem::path folder_;
  const ledger::Genesis& genesis_;
  ledger::Digest run_id_;
  ArchiveNames names_;
  Survey out_;
};
}  // namespace

Survey survey_archive(const std::filesystem::path& folder, const ledger::Genesis& genesis) {
  try {
    return Surveyor(folder, genesis).survey();
  } catch (const FormatError& error) {
    throw FormatError("'" + folder.string() + "' is damaged and was left as it is: " +
                      error.what() + ". gridtally-audit tells how far it is sound");
  }
}

}  // namespace gridtally::archive
