#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "archive/input.hpp"
#include "audit/audit.hpp"
#include "audit/bytes/meaning.hpp"
#include "audit/bytes/new_signature.hpp"
#include "audit/private_replay.hpp"
#include "base/error.hpp"

/// Every byte of a small archive is changed once; each change is found and its place named, or the
/// byte is one of the list "Bytes without meaning" of FORMAT.md.
namespace gridtally::audit {
namespace {

using testing::Files;
using testing::flipped;
using testing::Judge;
using testing::mask_of;
using testing::Named;
using testing::never;
using testing::Outcome;
using testing::Part;
using testing::place_of;
using testing::sample;
using testing::Trial;
using testing::Trials;

constexpr std::uint64_t whole_audit_each =
    499;  ///< of so many changes, one is audited whole besides

bool is_found(Outcome outcome) {
  return outcome == Outcome::checksum || outcome == Outcome::reading || outcome == Outcome::audit;
}

/// The sample's archive when its first three blocks had been made.
const Files& first_blocks() {
  static const auto files = testing::archive_of(sample().run, 3, 0);
  return files;
}

/// A segment with another byte, under the manifest as it was.
class ChangedSegment {
 public:
  ChangedSegment(const std::string& file, const std::filesystem::path& folder)
      : file_(file), folder_(folder), judge_(begun(folder)) {}

  Outcome operator()(std::size_t at) const {
    const auto& bytes = sample().archive.at(file_);
    testing::put_file(folder_ / file_, flipped(bytes, at, 0xff));
    if (at % whole_audit_each == 0) {
      const auto outcome = judge_.audited(place_of(sample(), file_));
      return outcome == Outcome::audit ? Outcome::checksum : outcome;
    }
    const bool differs =
        archive::digest_of(archive::Input(folder_ / file_)) != ledger::sha256(bytes);
    return differs ? Outcome::checksum : Outcome::unnoticed;
  }

 private:
  static const std::filesystem::path& begun(const std::filesystem::path& folder) {
    testing::put_files(folder, sample().archive);
    return folder;
  }

  std::string file_;
  std::filesystem::path folder_;
  Judge judge_;
};

// What an audit compares before it reads; one in 499 is audited.
TEST(EveryByte, OfASegmentChangesItsChecksum) {
  for (const std::string file : {"day-0000.h5", "day-0001.h5"}) {
    const auto trials =
        testing::make_trials(sample().archive.at(file).size(), [&](const auto& folder) {
          const auto segment = std::make_shared<ChangedSegment>(file, folder);
          return [segment](std::size_t at) { return (*segment)(at); };
        });
    print(file + ", manifest as it was", trials);
    EXPECT_EQ(trials.count(Outcome::checksum), trials.outcomes.size());
  }
}

/// Any file with another byte; the whole audit.
Trials audit_each_byte(const std::string& file, const Named& named) {
  const auto& bytes = sample().archive.at(file);
  return testing::make_trials(bytes.size(), [&](const std::filesystem::path& folder) -> Trial {
    testing::put_files(folder, sample().archive);
    return [&, folder, judge = std::make_shared<Judge>(folder)](std::size_t at) {
      testing::put_file(folder / file, flipped(bytes, at, 0xff));
      return judge->audited(named);
    };
  });
}

TEST(EveryByte, OfTheManifestIsFound) {
  const auto trials = audit_each_byte("manifest", place_of(sample(), "manifest"));
  print("manifest", trials);
  EXPECT_EQ(trials.count(Outcome::audit), trials.outcomes.size());
}

TEST(EveryByte, OfTheGenesisIsFound) {
  const auto trials = audit_each_byte("genesis.bin", place_of(sample(), "genesis.bin"));
  print("genesis.bin", trials);
  EXPECT_EQ(trials.count(Outcome::audit), trials.outcomes.size());
}

/// Offsets of a journal's frames, and its end.
std::vector<std::size_t> frames_of(const ledger::Bytes& journal) {
  std::vector<std::size_t> starts{0};
  while (starts.back() < journal.size()) {
    ledger::ByteReader head(ledger::ByteView(journal).subspan(starts.back(), 4), "frame");
    starts.push_back(starts.back() + 13 + head.u32() + 32);
  }
  return starts;
}

std::size_t frame_with(const std::vector<std::size_t>& starts, std::size_t at) {
  return static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), at) -
                                  starts.begin()) -
         1;
}

// The last frame's bytes are what a crash may cut: they are told as cut off, and the history ends
// before them.
TEST(EveryByte, OfAJournalIsFoundAtItsFrame) {
  const std::string file = "journal-0000";
  const auto& bytes = first_blocks().at(file);
  const auto starts = frames_of(bytes);
  ASSERT_EQ(starts.size(), 6U);  // header, evidence, three blocks, end
  const auto trials =
      testing::make_trials(bytes.size(), [&](const std::filesystem::path& folder) -> Trial {
        testing::put_files(folder, first_blocks());
        return [&, folder, judge = std::make_shared<Judge>(folder)](std::size_t at) {
          testing::put_file(folder / file, flipped(bytes, at, 0xff));
          Named named{file, 1, 3, ""};
          if (at % whole_audit_each == 0) return judge->audited(named);
          named.words = " offset " + std::to_string(starts[frame_with(starts, at)]) + ":";
          return (*judge)(named);
        };
      });
  print(file, trials);
  const auto last = starts[starts.size() - 2];
  for (std::size_t i = 0; i < trials.tried.size(); ++i) {
    const auto at = trials.tried[i];
    const auto outcome = trials.outcomes[i];
    ASSERT_TRUE(at < last ? is_found(outcome) : outcome == Outcome::cut)
        << "byte " << at << ' ' << testing::name(outcome);
  }
}

TEST(EveryByte, OfASegmentUnderANewSignatureIsFoundByItsContent) {
  expect_bytes_found_or_listed(testing::first_day_of(sample()));
}

TEST(EveryByte, OfALaterSegmentUnderANewSignatureIsFoundByItsContent) {
  expect_bytes_found_or_listed(testing::second_day_of(sample()));
}

TEST(EveryByte, OfEveryDatasetUnderANewSignatureIsFound) {
  expect_elements_found_or_listed(testing::first_day_of(sample()));
}

/// Of a byte of a journal.
Part part_of_frame(std::size_t at_in_frame, bool block) {
  if (at_in_frame < 5) return {"frame: length and type", "journal"};
  if (at_in_frame < 13) return {"frame: synced", "journal"};
  return {block && at_in_frame < 21 ? "frame: commit time" : "frame: payload", "journal"};
}

/// The journal with another byte, and that frame's hash to it.
ledger::Bytes hashed_anew(const ledger::Bytes& journal, std::size_t at,
                          const std::vector<std::size_t>& starts) {
  auto changed = flipped(journal, at, mask_of(at));
  const auto start = starts[frame_with(starts, at)];
  const auto covered = starts[frame_with(starts, at) + 1] - start - 32;
  const auto hash = ledger::sha256(ledger::ByteView(changed).subspan(start, covered));
  std::copy(hash.begin(), hash.end(),
            changed.begin() + static_cast<std::ptrdiff_t>(start + covered));
  return changed;
}

// Whoever writes a journal can hash its frames anew. All bytes but those of the hashes.
TEST(EveryByte, OfAJournalHashedAnewIsFoundByItsContent) {
  const std::string file = "journal-0000";
  const auto& bytes = first_blocks().at(file);
  const auto starts = frames_of(bytes);
  std::vector<std::size_t> tried;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at + 32 < starts[frame_with(starts, at) + 1]) tried.push_back(at);
  }
  const auto trials =
      testing::make_trials(tried.size(), [&](const std::filesystem::path& folder) -> Trial {
        testing::put_files(folder, first_blocks());
        return [&, folder, judge = std::make_shared<Judge>(folder)](std::size_t i) {
          testing::put_file(folder / file, hashed_anew(bytes, tried[i], starts));
          return (*judge)({file, 1, 3, ""});
        };
      });
  print(file + ", hashed anew", trials);
  expect_none(trials, never);
  expect_listed(trials, [&](std::size_t i) {
    const auto start = starts[frame_with(starts, tried[i])];
    return part_of_frame(tried[i] - start, bytes[start + 4] == 2);
  });
}

/// A private file with another byte.
class ChangedPrivateFile {
 public:
  ChangedPrivateFile(std::string file, std::filesystem::path folder)
      : file_(std::move(file)), folder_(std::move(folder)) {
    testing::put_files(folder_ / "archive", sample().archive);
    testing::put_files(folder_ / "private", sample().private_files);
    const auto& genesis = sample().run.genesis;
    expected_ = {ledger::run_id(genesis), 1, 2, 1, 3660, 4, 3, 2};
    original_ = testing::encode(archive::read_private_file(folder_ / "private", expected_));
  }

  Outcome operator()(std::size_t at) const {
    const auto path = folder_ / "private" / file_;
    testing::put_file(path, flipped(sample().private_files.at(file_), at, mask_of(at)));
    const auto outcome = read(path);
    if (outcome != Outcome::reading || at % whole_audit_each > 0) return outcome;
    return audited() == Outcome::audit ? outcome : Outcome::misplaced;
  }

 private:
  [[nodiscard]] Outcome read(const std::filesystem::path& path) const {
    try {
      const auto found = archive::read_private_file_at(path, expected_);
      return testing::encode(found) == original_ ? Outcome::same : audited();
    } catch (const FormatError& error) {
      const bool named = std::string(error.what()).find(file_) != std::string::npos;
      return named ? Outcome::reading : Outcome::misplaced;
    }
  }

  [[nodiscard]] Outcome audited() const {
    PrivateReplay replay(folder_ / "private");
    Options options;
    options.threads = 1;
    options.companion = replay.companion();
    const auto report = audit_archive(folder_ / "archive", options);
    if (report.verdict == Verdict::sound) return Outcome::unnoticed;
    return report.fault->file == file_ ? Outcome::audit : Outcome::misplaced;
  }

  std::string file_;
  std::filesystem::path folder_;
  archive::PrivateExpectation expected_;
  ledger::Bytes original_;
};

TEST(EveryByte, OfAPrivateFileIsFound) {
  const std::string file = "meter-00001.h5";
  const auto& bytes = sample().private_files.at(file);
  const auto trials = testing::make_trials(bytes.size(), [&](const auto& folder) {
    const auto changed = std::make_shared<ChangedPrivateFile>(file, folder);
    return [changed](std::size_t at) { return (*changed)(at); };
  });
  print(file, trials);
  expect_none(trials, never);
  const testing::Hdf5Map map(bytes);
  expect_listed(trials, [&](std::size_t at) {
    return Part{map.at(at).structure, "private file" + map.at(at).owner};
  });
}

}  // namespace
}  // namespace gridtally::audit
