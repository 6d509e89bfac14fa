#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <span>

#include "archive/manifest.hpp"
#include "audit/audit.hpp"
#include "audit/bytes/retold.hpp"
#include "audit/bytes/sample.hpp"
#include "base/test_folder.hpp"

/// Parts of an archive swapped, dropped, doubled, cut, or taken from another run: what the audit
/// says, and of which place.
namespace gridtally::audit {
namespace {

using testing::Files;
using testing::Sample;
using testing::sample;

/// The same homes and days, other keys.
const Sample& other_run() {
  static const auto made = testing::make_sample({.keys = 1});
  return made;
}

/// What must be found. `words` stand in the rule, or in what was expected or found.
struct Expected {
  Verdict verdict = Verdict::unsound;
  std::string file;
  std::optional<std::uint64_t> height;
  std::string words;
  std::uint64_t blocks = 0;  ///< found good before
  bool cut = false;          ///< bytes are told as cut off
};

struct Case {
  std::string name;
  std::function<void(Files&)> edit;
  Expected expected;
  bool head_is_known = false;  ///< --head: the last block's hash, kept elsewhere
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

std::uint64_t day_end(std::size_t day) { return sample().run.day_end(day); }

void sign(Files& files) { files["manifest"] = sample().signed_manifest(files); }

archive::Manifest manifest_of(const Files& files) {
  const auto& text = files.at("manifest");
  return archive::parse_manifest({reinterpret_cast<const char*>(text.data()), text.size()});
}

void put(Files& files, const archive::Manifest& manifest) {
  const auto text = archive::sign_manifest(manifest, sample().run.validator_keys[0]);
  files["manifest"] = {text.begin(), text.end()};
}

/// As it was signed when the first day only was sealed.
void list_first_day_only(Files& files) {
  auto manifest = manifest_of(files);
  manifest.segments.resize(1);
  manifest.height = manifest.segments[0].last;
  std::vector<ledger::Digest> hashes{manifest.run_id};
  for (std::uint64_t h = 1; h <= manifest.height; ++h) {
    hashes.push_back(sample().run.blocks[h - 1].certificate.block_hash);
  }
  manifest.head = hashes.back();
  manifest.history_root = archive::history_root(hashes);
  put(files, manifest);
}

using Frames = std::vector<ledger::Bytes>;

Frames frames_of(const ledger::Bytes& journal) {
  Frames frames;
  for (std::size_t at = 0; at < journal.size();) {
    const auto rest = ledger::ByteView(journal).subspan(at);
    const auto whole = rest.first(13 + ledger::ByteReader(rest, "frame").u32() + 32);
    frames.emplace_back(whole.begin(), whole.end());
    at += whole.size();
  }
  return frames;
}

/// The frames one after another; with `again`, each says that all before it was durable, and is
/// hashed anew.
ledger::Bytes journal_of(const Frames& frames, bool again) {
  ledger::Bytes journal;
  for (const auto& frame : frames) {
    const auto payload = ledger::ByteView(frame).subspan(13, frame.size() - 13 - 32);
    ledger::ByteWriter out;
    out.raw(ledger::ByteView(frame).first(5)).u64(journal.size()).raw(payload);
    out.raw(ledger::sha256(out.bytes()));
    const auto& written = again ? out.bytes() : frame;
    journal.insert(journal.end(), written.begin(), written.end());
  }
  return journal;
}

/// The journal of day 2: a header, then blocks 1 to 3 of the day.
std::function<void(Files&)> in_journal(const std::function<void(Frames&)>& change, bool again) {
  return [=](Files& files) {
    auto frames = frames_of(files.at("journal-0002"));
    change(frames);
    files["journal-0002"] = journal_of(frames, again);
  };
}

/// Swaps two rows of every dataset of the file whose first axis is `height`.
void swap_rows(const std::filesystem::path& path, std::size_t first, std::size_t second) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  for (const auto* name :
       {"blocks/hash", "blocks/state_root", "blocks/phase", "blocks/iteration", "blocks/residual",
        "blocks/flags", "blocks/proposer", "blocks/consensus_round", "blocks/commit_round",
        "blocks/proposer_signature", "blocks/precommitted", "blocks/precommit",
        "transactions/present", "transactions/iteration", "transactions/nonce",
        "transactions/signature", "measured/commit_time"}) {
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    const hid_t type = H5Dget_type(dataset);
    std::vector<hsize_t> extent(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
    H5Sget_simple_extent_dims(space, extent.data(), nullptr);
    const auto bytes =
        H5Tget_size(type) * static_cast<std::size_t>(H5Sget_simple_extent_npoints(space));
    std::vector<std::uint8_t> rows(bytes);
    H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data());
    const auto row = static_cast<std::ptrdiff_t>(bytes / extent[0]);
    const auto at = [&](std::size_t i) {
      return rows.begin() + row * static_cast<std::ptrdiff_t>(i);
    };
    std::swap_ranges(at(first), at(first) + row, at(second));
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data());
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(dataset);
  }
  H5Fclose(file);
}

/// Gives a segment the hashes of the run's blocks of these heights.
void put_hashes(const std::filesystem::path& path, const std::vector<std::uint64_t>& heights) {
  ledger::Bytes hashes;
  for (const auto height : heights) {
    const auto& hash = sample().run.blocks[height - 1].certificate.block_hash;
    hashes.insert(hashes.end(), hash.begin(), hash.end());
  }
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(file, "blocks/hash", H5P_DEFAULT);
  H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, hashes.data());
  H5Dclose(dataset);
  H5Fclose(file);
}

/// Blocks 5 and 6 change places, in a segment that HDF5 finds good.
void swap_blocks(Files& files) {
  const TestFolder folder{Place::memory};
  testing::put_files(folder.path(), files);
  swap_rows(folder.path() / "day-0000.h5", 4, 5);
  files = testing::read_files(folder.path());
  sign(files);
}

/// The archive with block 5 dropped or doubled.
Files told_again(void (*change)(testing::SmallRun&, std::uint64_t)) {
  auto run = testing::make_sample().run;
  change(run, 5);
  return testing::archive_of(run, run.day_end(1) + Sample::journalled, 2);
}

void drop_block(Files& files) { files = told_again(testing::drop_block); }
void double_block(Files& files) { files = told_again(testing::double_block); }

/// Day 0's segment of that, by somebody who holds no key at all.
std::function<void(Files&)> without_a_key(const std::function<void(Files&)>& change) {
  return [=](Files& files) {
    auto changed = files;
    change(changed);
    files["day-0000.h5"] = changed.at("day-0000.h5");
  };
}

/// And the blocks keep their hashes, which are those of `heights`.
std::function<void(Files&)> under_old_hashes(const std::function<void(Files&)>& change,
                                             const std::vector<std::uint64_t>& heights) {
  return [=](Files& files) {
    change(files);
    const TestFolder folder{Place::memory};
    testing::put_files(folder.path(), files);
    put_hashes(folder.path() / "day-0000.h5", heights);
    files = testing::read_files(folder.path());
    sign(files);
  };
}

/// Day 0's heights, block 5 left out or doubled.
std::vector<std::uint64_t> heights_with(std::size_t times) {
  std::vector<std::uint64_t> heights;
  for (std::uint64_t height = 1; height <= day_end(0); ++height) {
    heights.insert(heights.end(), height == 5 ? times : 1, height);
  }
  return heights;
}

/// The other run's segment, which says that it is this run's.
void adopt(Files& files) {
  auto segment = other_run().archive.at("day-0001.h5");
  const auto from = ledger::to_hex(ledger::run_id(other_run().run.genesis));
  const auto to = ledger::to_hex(ledger::run_id(sample().run.genesis));
  const auto at = std::search(segment.begin(), segment.end(), from.begin(), from.end());
  std::copy(to.begin(), to.end(), at);
  files["day-0001.h5"] = segment;
  sign(files);
}

std::function<void(Files&)> then_sign(const std::function<void(Files&)>& edit) {
  return [=](Files& files) {
    edit(files);
    sign(files);
  };
}

std::function<void(Files&)> without(std::vector<std::string> names) {
  return [=](Files& files) {
    for (const auto& name : names) files.erase(name);
  };
}

std::vector<Case> of_segments() {
  const auto swapped = [](Files& files) { files["day-0000.h5"].swap(files["day-0001.h5"]); };
  const auto doubled = [](Files& files) { files["day-0001.h5"] = files["day-0000.h5"]; };
  const auto cut = [](Files& files) { files["day-0001.h5"].resize(40000); };
  const auto foreign = [](Files& files) {
    files["day-0001.h5"] = other_run().archive.at("day-0001.h5");
  };
  const auto listed_again = [](Files& files) {
    auto manifest = manifest_of(files);
    auto again = manifest.segments[1];
    again.name = "day-0002.h5";
    again.first += again.last - day_end(0);
    again.last += again.last - day_end(0);
    manifest.segments.push_back(again);
    manifest.height = again.last;
    files["day-0002.h5"] = files["day-0001.h5"];
    put(files, manifest);
  };
  const auto second = day_end(0) + 1;
  return {
      {"Swapped", swapped, {Verdict::unsound, "day-0000.h5", 1, "segment checksum", 0}},
      {"SwappedAndSigned",
       then_sign(swapped),
       {Verdict::unsound, "day-0000.h5", 1, "attribute day: expected 0, found 1", 0}},
      {"Dropped",
       without({"day-0001.h5"}),
       {Verdict::unsound, "day-0001.h5", second, "segment", day_end(0)}},
      {"DroppedFromTheManifestToo",
       [](Files& files) {
         files.erase("day-0001.h5");
         list_first_day_only(files);
       },
       {Verdict::unsound, "journal-0001", second, "journal-0001 is missing, while journal-0002",
        day_end(0)}},
      {"FirstDroppedFromTheManifest",
       [](Files& files) {
         auto manifest = manifest_of(files);
         manifest.segments.erase(manifest.segments.begin());
         put(files, manifest);
       },
       {Verdict::unsound, "manifest", second, "day-0000.h5 from height 1", 0}},
      {"Doubled",
       doubled,
       {Verdict::unsound, "day-0001.h5", second, "segment checksum", day_end(0)}},
      {"DoubledAndSigned",
       then_sign(doubled),
       {Verdict::unsound, "day-0001.h5", second, "attribute day: expected 1, found 0", day_end(0)}},
      {"ListedAgainAsALaterDay",
       listed_again,
       {Verdict::unsound, "day-0002.h5", day_end(1) + 1, "attribute day: expected 2, found 1",
        day_end(1)}},
      {"Cut", cut, {Verdict::unsound, "day-0001.h5", second, "segment checksum", day_end(0)}},
      {"CutAndSigned",
       then_sign(cut),
       {Verdict::unsound, "day-0001.h5", second, "segment", day_end(0)}},
      {"OfAnotherRun",
       foreign,
       {Verdict::unsound, "day-0001.h5", second, "segment checksum", day_end(0)}},
      {"OfAnotherRunAndSigned",
       then_sign(foreign),
       {Verdict::unsound, "day-0001.h5", second, "attribute run_id", day_end(0)}},
      {"OfAnotherRunUnderThisRunsName",
       adopt,
       {Verdict::unsound, "day-0001.h5", second, "/blocks/hash", day_end(0)}},
      {"BlocksSwappedInside", swap_blocks, {Verdict::unsound, "day-0000.h5", 5, "/blocks/hash", 4}},
      {"BlockDroppedInsideWithoutAKey",
       without_a_key(drop_block),
       {Verdict::unsound, "day-0000.h5", 1, "segment checksum", 0}},
      {"BlockDroppedInside",
       under_old_hashes(drop_block, heights_with(0)),
       {Verdict::unsound, "day-0000.h5", 5, "/blocks/hash", 4}},
      {"BlockDroppedInsideAndHashedAnew",
       drop_block,
       {Verdict::unsound, "", 5, "proposer's signature", 4}},
      {"BlockDoubledInsideWithoutAKey",
       without_a_key(double_block),
       {Verdict::unsound, "day-0000.h5", 1, "segment checksum", 0}},
      {"BlockDoubledInside",
       under_old_hashes(double_block, heights_with(2)),
       {Verdict::unsound, "day-0000.h5", 6, "/blocks/hash", 5}},
      {"BlockDoubledInsideAndHashedAnew",
       double_block,
       {Verdict::unsound, "", 6, "proposer's signature", 5}},
  };
}

std::vector<Case> of_journals() {
  const auto first = day_end(1) + 1;
  const auto swap = [](Frames& frames) { frames[1].swap(frames[2]); };
  const auto drop = [](Frames& frames) { frames.erase(frames.begin() + 2); };
  const auto twice = [](Frames& frames) { frames.insert(frames.begin() + 2, frames[2]); };
  return {
      {"FramesSwapped",
       in_journal(swap, false),
       {Verdict::unsound, "journal-0002", first, "frames are missing or out of order", day_end(1)}},
      {"FramesSwappedAndHashed",
       in_journal(swap, true),
       {Verdict::unsound, "journal-0002", first, "height: expected", day_end(1)}},
      {"FrameDropped",
       in_journal(drop, false),
       {Verdict::unsound, "journal-0002", first + 1, "frames are missing or out of order", first}},
      {"LastFramesDropped",
       in_journal([](Frames& frames) { frames.resize(frames.size() - 2); }, false),
       {Verdict::sound, "", {}, "", sample().height() - 2}},
      {"LastFramesDroppedWithAHeadKeptElsewhere",
       in_journal([](Frames& frames) { frames.resize(frames.size() - 2); }, false),
       {Verdict::unsound, "", sample().height() - 2, "the head kept elsewhere",
        sample().height() - 2},
       true},
      {"FrameDroppedAndHashed",
       in_journal(drop, true),
       {Verdict::unsound, "journal-0002", first + 1, "height: expected", first}},
      {"FrameDoubled",
       in_journal(twice, false),
       {Verdict::unsound, "journal-0002", first + 2, "height: expected", first + 1}},
      {"FrameDoubledAndHashed",
       in_journal(twice, true),
       {Verdict::unsound, "journal-0002", first + 2, "height: expected", first + 1}},
      {"HeaderDoubled",
       in_journal([](Frames& frames) { frames.insert(frames.begin(), frames[0]); }, true),
       {Verdict::unsound, "journal-0002", first, "a second header frame", day_end(1)}},
      {"OfAnotherRun",
       [](Files& files) { files["journal-0002"] = other_run().archive.at("journal-0002"); },
       {Verdict::unsound, "journal-0002", first, "run: expected", day_end(1)}},
      {"OfALaterDay",
       [](Files& files) {
         files["journal-0003"] = files["journal-0002"];
         files.erase("journal-0002");
       },
       {Verdict::unsound, "journal-0002", first, "is missing, while journal-0003", day_end(1)}},
      {"TwiceAsTwoDays",
       [](Files& files) { files["journal-0003"] = files["journal-0002"]; },
       {Verdict::unsound, "journal-0003", sample().height() + 1, "first height: expected",
        sample().height()}},
      {"CutWithinTheLastFrame",
       [](Files& files) { files["journal-0002"].resize(files["journal-0002"].size() - 7); },
       {Verdict::sound, "", {}, "", sample().height() - 1, true}},
      {"CutWithinTheLastFrameWithAHeadKeptElsewhere",
       [](Files& files) { files["journal-0002"].resize(files["journal-0002"].size() - 7); },
       {Verdict::unsound, "", sample().height() - 1, "the head kept elsewhere",
        sample().height() - 1},
       true},
  };
}

/// Less of a good history is a good history: only who knows its head can tell.
std::vector<Case> of_the_tail() {
  const auto no_journal = without({"journal-0002"});
  const auto last_day = [](Files& files) {
    files.erase("journal-0002");
    files.erase("day-0001.h5");
    list_first_day_only(files);
  };
  const auto rollback = [](Files& files) {
    files.erase("journal-0002");
    list_first_day_only(files);
  };
  return {
      {"JournalDropped", no_journal, {Verdict::sound, "", {}, "", day_end(1)}},
      {"JournalDroppedWithAHeadKeptElsewhere",
       no_journal,
       {Verdict::unsound, "", day_end(1), "the head kept elsewhere", day_end(1)},
       true},
      {"LastDayDropped", last_day, {Verdict::sound, "", {}, "", day_end(0)}},
      {"LastDayDroppedWithAHeadKeptElsewhere",
       last_day,
       {Verdict::unsound, "", day_end(0), "the head kept elsewhere", day_end(0)},
       true},
      {"ManifestOfAnEarlierTime", rollback, {Verdict::sound, "", {}, "", day_end(0)}},
      {"ManifestOfAnEarlierTimeWithAHeadKeptElsewhere",
       rollback,
       {Verdict::unsound, "", day_end(0), "the head kept elsewhere", day_end(0)},
       true},
      {"NothingWithAHeadKeptElsewhere",
       [](Files&) {},
       {Verdict::sound, "", {}, "", sample().height()},
       true},
  };
}

std::vector<Case> of_the_folder() {
  const auto take = [](const char* name) {
    return [=](Files& files) { files[name] = other_run().archive.at(name); };
  };
  const auto add = [](const char* name) {
    return [=](Files& files) { files[name] = files["day-0000.h5"]; };
  };
  const Expected unchanged{Verdict::sound, "", {}, "", sample().height()};
  return {
      {"ManifestOfAnotherRun",
       take("manifest"),
       {Verdict::unsound, "genesis.bin", 0, "genesis hash", 0}},
      {"GenesisOfAnotherRun",
       take("genesis.bin"),
       {Verdict::unsound, "genesis.bin", 0, "genesis hash", 0}},
      {"BothOfAnotherRun",
       [=](Files& files) {
         take("manifest")(files);
         take("genesis.bin")(files);
       },
       {Verdict::unsound, "day-0000.h5", 1, "segment checksum", 0}},
      {"NoManifest",
       without({"manifest"}),
       {Verdict::not_auditable, "manifest", {}, "manifest", 0}},
      {"NoGenesis",
       without({"genesis.bin"}),
       {Verdict::not_auditable, "genesis.bin", 0, "genesis", 0}},
      {"AFileOfAnUnknownName", add("notes.txt"), unchanged},
      {"ASegmentThatIsNotListed", add("day-0002.h5"), unchanged},
      {"AJournalOfASealedDay", add("journal-0001"), unchanged},
      {"AWriteCutOff", add("day-0002.h5.tmp"), unchanged},
      {"AJournalAfterAGap",
       add("journal-0009"),
       {Verdict::unsound, "journal-0002", day_end(1) + 1, "journal-0003 is missing", day_end(1)}},
  };
}

class TamperedFolder : public ::testing::TestWithParam<Case> {};

TEST_P(TamperedFolder, IsToldWithItsPlace) {
  const auto& [name, edit, expected, head_is_known] = GetParam();
  auto files = sample().archive;
  edit(files);
  const TestFolder folder{Place::memory};
  testing::put_files(folder.path(), files);
  Options options;
  if (head_is_known)
    options.head = sample().run.blocks[sample().height() - 1].certificate.block_hash;
  const auto report = audit_archive(folder.path(), options);

  EXPECT_EQ(report.blocks, expected.blocks);
  EXPECT_EQ(report.cut_bytes > 0, expected.cut);
  ASSERT_EQ(report.verdict, expected.verdict) << (report.fault ? describe(*report.fault) : "");
  if (expected.verdict == Verdict::sound) return;
  const auto& fault = *report.fault;
  SCOPED_TRACE(describe(fault));
  EXPECT_EQ(fault.file, expected.file);
  EXPECT_EQ(fault.height, expected.height);
  EXPECT_NE((fault.what + " " + fault.expected + " " + fault.found).find(expected.words),
            std::string::npos)
      << expected.words;
}

const auto name_of = [](const auto& tested) { return tested.param.name; };
INSTANTIATE_TEST_SUITE_P(Segment, TamperedFolder, ::testing::ValuesIn(of_segments()), name_of);
INSTANTIATE_TEST_SUITE_P(Journal, TamperedFolder, ::testing::ValuesIn(of_journals()), name_of);
INSTANTIATE_TEST_SUITE_P(Tail, TamperedFolder, ::testing::ValuesIn(of_the_tail()), name_of);
INSTANTIATE_TEST_SUITE_P(Folder, TamperedFolder, ::testing::ValuesIn(of_the_folder()), name_of);

}  // namespace
}  // namespace gridtally::audit
