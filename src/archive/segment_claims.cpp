#include "archive/segment_claims.hpp"

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "ledger/carried_state.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::archive {

namespace {
void require_equal(const std::string& what, std::uint64_t expected, std::uint64_t found) {
  if (expected == found) return;
  throw FormatError(what + ": expected " + std::to_string(expected) + ", found " +
                    std::to_string(found));
}

void require_text(const hdf5::Reader& file, const std::string& attribute,
                  std::string_view expected) {
  const auto found = file.text(attribute);
  if (found == expected) return;
  throw FormatError("attribute " + attribute + ": expected " + std::string(expected) + ", found " +
                    found);
}

void require_version(std::uint64_t found) {
  if (found == segment_version) return;
  throw FormatError("attribute format_version: expected " + std::to_string(segment_version) +
                    ", found " + std::to_string(found) +
                    "; read the archive with the program that wrote it (attributes "
                    "program_version, git_commit), or make the run again");
}

/// A ballot takes no fewer bytes of any segment: its signature cannot be compressed below that.
constexpr std::uint64_t least_ballot_bytes = 48;

std::uint64_t claimed(const hdf5::Reader& file, const char* attribute, std::uint64_t most) {
  const auto number = file.number(attribute);
  if (number <= most) return number;
  throw FormatError(std::string("attribute ") + attribute + ": " + std::to_string(number) +
                    ", at most " + std::to_string(most) + " are possible");
}

Iterates claimed_iterates(const hdf5::Reader& file) {
  try {
    return parse_iterates(file.text("iterates"));
  } catch (const InputError& error) {
    throw FormatError(std::string("attribute iterates: ") + error.what());
  }
}

/// What is carried over by a day that lacks decisions; its sizes follow from the genesis, but for
/// what is known of validators and their votes.
void claim_carried(const hdf5::Reader& file, const ledger::Genesis& genesis,
                   SegmentCounts& counts) {
  constexpr std::uint64_t fixed = 1024;
  constexpr std::uint64_t each = 128;
  const std::uint64_t memory = genesis.terms.memory;
  const auto people = genesis.validators.size() + counts.ballots + counts.validators;
  const bool all = counts.iterates.keeps_all();
  counts.globals_bytes =
      claimed(file, "globals_bytes", all ? 0 : fixed + 16 * memory * memory + each * people);
  counts.carried_parts =
      claimed(file, "carried_parts", all ? 0 : ledger::carried_parts(genesis, true));
}

/// Each validator that is not in the genesis came by a ballot, each ballot by bytes of a segment.
SegmentCounts claimed_counts(const hdf5::Reader& file, const ledger::Genesis& genesis,
                             std::uint64_t archive_bytes) {
  const auto ballots = archive_bytes / least_ballot_bytes;
  SegmentCounts counts;
  counts.validators = claimed(file, "validators", genesis.validators.size() + ballots);
  counts.ballots = claimed(file, "ballots", ballots);
  counts.payments = claimed(file, "payments", genesis.prosumers.size() - 1);
  counts.evidence = claimed(file, "evidence", most_evidence);
  counts.evidence_bytes = claimed(file, "evidence_bytes", most_evidence_bytes);
  counts.iterates = claimed_iterates(file);
  claim_carried(file, genesis, counts);
  return counts;
}
}  // namespace

void check_attributes(const hdf5::Reader& file, const ledger::Genesis& genesis,
                      const ledger::Digest& run_id, std::uint32_t day, const SegmentEntry& entry) {
  require_text(file, "format", segment_format);
  require_version(file.number("format_version"));
  require_equal("attribute day", day, file.number("day"));
  require_equal("attribute first_height", entry.first, file.number("first_height"));
  require_text(file, "run_id", ledger::to_hex(run_id));
  require_text(file, "form", market::name(genesis.terms.form));
}

Extents claimed_extents(const hdf5::Reader& file, const ledger::Genesis& genesis,
                        const SegmentEntry& entry, std::uint64_t archive_bytes) {
  const auto iterations = file.number("iterations");
  const auto rounds = file.number("rounds");
  const auto most = static_cast<std::uint64_t>(genesis.terms.max_iterations);
  if (iterations > most || rounds > max_rounds(genesis)) {
    throw FormatError("attributes iterations and rounds: " + std::to_string(iterations) + " and " +
                      std::to_string(rounds) + ", at most " + std::to_string(most) + " and " +
                      std::to_string(max_rounds(genesis)) + " are possible");
  }
  require_equal("blocks of the segment", entry.last - entry.first + 1, iterations + rounds);
  return segment_extents(genesis, iterations, rounds, claimed_counts(file, genesis, archive_bytes));
}

}  // namespace gridtally::archive
