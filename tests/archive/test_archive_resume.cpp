#include <gtest/gtest.h>

#include <map>

#include "archive/archive_reader.hpp"
#include "archive/archive_writer.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {

using testing::Chain;
using testing::contents;
using testing::make_chain;
using testing::overwrite;

namespace {
using Bytes = std::vector<std::uint8_t>;
/// What stands in a folder, by name; the lock says nothing.
using Files = std::map<std::string, Bytes>;

Files files_in(const std::filesystem::path& folder) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name != "lock") files[name] = contents(entry.path());
  }
  return files;
}

void put(const std::filesystem::path& folder, const Files& files) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  for (const auto& [name, bytes] : files) overwrite(folder / name, bytes);
}

Files with(Files files, const std::string& name, const Bytes& bytes) {
  files[name] = bytes;
  return files;
}
Files without(Files files, const std::string& name) {
  files.erase(name);
  return files;
}
Bytes part(const Bytes& bytes, std::size_t size) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// Goes on to the end of the run as its caller does: what is missing is appended, each day that has
/// ended is sealed.
void finish(ArchiveWriter& writer, const Chain& chain) {
  for (std::size_t day = 0; day < chain.days.size(); ++day) {
    for (const auto& block : chain.days[day]) {
      if (block.block.header.turn.height > writer.height()) writer.append(block, 1.7e9);
    }
    if (day >= writer.sealed_days()) writer.seal_day(chain.states[day]);
  }
  writer.close();
}

/// The stages of one run of two days, as it leaves its folder.
struct Stages {
  Chain chain = make_chain();
  Files created;
  std::vector<Files> appended;  ///< after each block of day 0
  Files sealed;                 ///< day 0
  Files second_begun;           ///< and two blocks of day 1 appended
  Files second_ended;           ///< all blocks of day 1
  Files both_sealed;
  Files closed;
};

Stages make_stages() {
  Stages out;
  const TestFolder folder;
  const auto path = folder / "a";
  auto writer = ArchiveWriter::create(path, out.chain.genesis, out.chain.validator_keys[0]);
  out.created = files_in(path);
  for (const auto& block : out.chain.days[0]) {
    writer.append(block, 1.7e9);
    out.appended.push_back(files_in(path));
  }
  writer.seal_day(out.chain.states[0]);
  writer.wait();
  out.sealed = files_in(path);
  for (const auto& block : out.chain.days[1]) {
    writer.append(block, 1.7e9);
    if (writer.height() == out.chain.days[0].size() + 2) out.second_begun = files_in(path);
  }
  out.second_ended = files_in(path);
  writer.seal_day(out.chain.states[1]);
  writer.wait();
  out.both_sealed = files_in(path);
  writer.close();
  out.closed = files_in(path);
  return out;
}

/// What a crash between two system calls leaves, and what must be there afterwards.
struct Crash {
  std::string when;
  Files left;
  std::uint64_t height;
  std::uint32_t sealed_days;
};

void add_temporary(std::vector<Crash>& table, Crash before, const std::string& name,
                   const Bytes& content) {
  for (const auto size : {std::size_t{0}, content.size() / 2, content.size()}) {
    table.push_back({before.when + ", " + std::to_string(size) + " bytes of " + name + ".tmp",
                     with(before.left, name + ".tmp", part(content, size)), before.height,
                     before.sealed_days});
  }
}

std::vector<Crash> crashes_of_create(const Stages& stages) {
  const auto& all = stages.created;
  std::vector<Crash> table{{"empty folder", {}, 0, 0}};
  add_temporary(table, table[0], "genesis.bin", all.at("genesis.bin"));
  const Crash genesis{"genesis", {{"genesis.bin", all.at("genesis.bin")}}, 0, 0};
  add_temporary(table, genesis, "journal-0000", all.at("journal-0000"));
  const Crash journal{"journal", without(all, "manifest"), 0, 0};
  add_temporary(table, journal, "manifest", all.at("manifest"));
  table.insert(table.end(), {genesis, journal, {"created", all, 0, 0}});
  return table;
}

std::vector<Crash> crashes_of_replace(const Stages& stages) {
  testing::ChainSize size;
  size.prosumers = 4;
  const TestFolder folder;
  testing::write_chain(folder / "old", make_chain(size), 1);
  auto old = files_in(folder / "old");
  old["genesis.bin.tmp"] = old["genesis.bin"];
  old.erase("genesis.bin");
  std::vector<Crash> table{{"replacing: marked", old, 0, 0}};
  for (const auto* name : {"day-0000.h5", "journal-0001", "manifest"}) {
    old.erase(name);
    table.push_back({std::string("replacing: without ") + name, old, 0, 0});
  }
  EXPECT_EQ(old.size(), 1U) << "the table misses a file of an archive";
  EXPECT_NE(old["genesis.bin.tmp"], stages.created.at("genesis.bin"));
  return table;
}

std::vector<Crash> crashes_of_append(const Stages& stages) {
  std::vector<Crash> table;
  auto before = stages.created;
  for (std::uint64_t height = 1; height <= stages.appended.size(); ++height) {
    const auto& after = stages.appended[height - 1];
    const auto& frames = after.at("journal-0000");
    const auto start = before.at("journal-0000").size();
    for (const auto size : {start + 1, start + 12, start + 50, frames.size() - 1}) {
      table.push_back(
          {"torn append of height " + std::to_string(height) + " at " + std::to_string(size),
           with(after, "journal-0000", part(frames, size)), height - 1, 0});
    }
    auto zeros = part(frames, start);
    zeros.resize(frames.size());  // the file has grown, its bytes never came
    table.push_back({"append of zeros", with(after, "journal-0000", zeros), height - 1, 0});
    table.push_back({"append", after, height, 0});
    before = after;
  }
  return table;
}

/// `rest` holds what stands besides the files of day 0: nothing, or day 1's journal so far.
void add_crashes_of_seal(std::vector<Crash>& table, const Stages& stages, const Bytes& next_journal,
                         std::uint64_t height) {
  auto files = with(stages.appended.back(), "journal-0001", next_journal);
  const auto& segment = stages.sealed.at("day-0000.h5");
  const auto& manifest = stages.sealed.at("manifest");
  const Crash begun{"next journal", files, height, 0};
  table.push_back(begun);
  add_temporary(table, begun, "day-0000.h5", segment);
  const Crash renamed{"segment", with(files, "day-0000.h5", segment), height, 0};
  table.push_back(renamed);
  add_temporary(table, renamed, "manifest", manifest);
  const Crash listed{"manifest", with(renamed.left, "manifest", manifest), height, 1};
  table.push_back(listed);
  table.push_back({"journal removed", without(listed.left, "journal-0000"), height, 1});
}

std::vector<Crash> crashes_of_seal(const Stages& stages) {
  const auto day = stages.chain.days[0].size();
  std::vector<Crash> table;
  const Crash ended{"day 0 ended", stages.appended.back(), day, 0};
  const auto& empty = stages.sealed.at("journal-0001");
  add_temporary(table, ended, "journal-0001", empty);
  add_crashes_of_seal(table, stages, empty, day);
  const auto& begun = stages.second_begun.at("journal-0001");
  add_crashes_of_seal(table, stages, begun, day + 2);
  const auto& whole = stages.second_ended.at("journal-0001");
  add_crashes_of_seal(table, stages, whole, day + stages.chain.days[1].size());
  const auto torn = part(begun, begun.size() - 1);
  add_crashes_of_seal(table, stages, torn, day + 1);
  return table;
}

std::vector<Crash> crashes_of_close_and_resume(const Stages& stages) {
  const auto height = stages.chain.blocks().size();
  const auto day = stages.chain.days[0].size();
  std::vector<Crash> table{{"both sealed", stages.both_sealed, height, 2},
                           {"closed", stages.closed, height, 2}};
  const Crash resumed{"resuming", stages.second_begun, day + 2, 1};
  add_temporary(table, resumed, "manifest", stages.second_begun.at("manifest"));
  add_temporary(table, resumed, "journal-0001", stages.second_begun.at("journal-0001"));
  add_temporary(table, resumed, "genesis.bin", stages.created.at("genesis.bin"));
  return table;
}

/// Resumes, is killed, resumes again and goes on to the end: as if there had been no crash.
void expect_to_go_on(const Stages& stages, const std::vector<Crash>& table) {
  const auto& chain = stages.chain;
  const auto blocks = chain.blocks();
  const auto resumed = [&](const std::filesystem::path& path) {
    return ArchiveWriter::resume(path, chain.genesis, chain.validator_keys[0]);
  };
  const TestFolder folder;
  const auto path = folder / "a";
  for (const auto& crash : table) {
    SCOPED_TRACE(crash.when);
    put(path, crash.left);
    EXPECT_EQ(resumed(path).height(), crash.height);
    ArchiveReader reader(path);
    std::size_t count = 0;
    while (const auto block = reader.next()) EXPECT_EQ(*block, blocks.at(count++));
    EXPECT_EQ(count, crash.height);
    EXPECT_TRUE(reader.faults().empty());
    auto writer = resumed(path);
    EXPECT_EQ(writer.height(), crash.height);
    EXPECT_EQ(writer.durable_height(), crash.height);
    EXPECT_EQ(writer.sealed_days(), crash.sealed_days);
    EXPECT_EQ(writer.head(), crash.height == 0 ? ledger::run_id(chain.genesis)
                                               : blocks[crash.height - 1].certificate.block_hash);
    finish(writer, chain);
    EXPECT_EQ(files_in(path), stages.closed);
    if (::testing::Test::HasFailure()) return;
  }
}

std::string refusal(const std::filesystem::path& folder, const Chain& chain) {
  try {
    ArchiveWriter::resume(folder, chain.genesis, chain.validator_keys[0]);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}
}  // namespace

TEST(ArchiveResume, GoesOnAfterACrashInCreate) {
  const auto stages = make_stages();
  expect_to_go_on(stages, crashes_of_create(stages));
}

TEST(ArchiveResume, GoesOnAfterACrashInReplace) {
  const auto stages = make_stages();
  expect_to_go_on(stages, crashes_of_replace(stages));
}

TEST(ArchiveResume, GoesOnAfterACrashInAppend) {
  const auto stages = make_stages();
  expect_to_go_on(stages, crashes_of_append(stages));
}

TEST(ArchiveResume, GoesOnAfterACrashInSealing) {
  const auto stages = make_stages();
  expect_to_go_on(stages, crashes_of_seal(stages));
}

TEST(ArchiveResume, GoesOnAfterACrashInCloseOrResume) {
  const auto stages = make_stages();
  expect_to_go_on(stages, crashes_of_close_and_resume(stages));
}

TEST(ArchiveResume, AbsentFolderBecomesAnArchive) {
  const auto chain = make_chain();
  const TestFolder folder;
  EXPECT_EQ(refusal(folder / "x/a", chain), "");
  EXPECT_EQ(ArchiveReader(folder / "x/a").standing(), Standing::readable);
}

TEST(ArchiveResume, DamageIsNamedAndNothingIsChanged) {
  const auto stages = make_stages();
  const auto& chain = stages.chain;
  const auto flipped = [](Files files, const std::string& name, std::size_t at) {
    files.at(name).at(at) ^= 0x10;
    return files;
  };
  const auto& begun = stages.second_begun;
  const auto& whole = stages.appended.back();
  const auto pending = with(whole, "journal-0001", stages.sealed.at("journal-0001"));
  const auto& frames = whole.at("journal-0000");
  const auto first_block = stages.created.at("journal-0000").size();
  const struct {
    std::string damage;
    Files files;
    std::string named;
  } table[] = {
      {"first block", flipped(whole, "journal-0000", first_block + 100),
       "journal-0000 offset " + std::to_string(first_block)},
      {"header frame", flipped(whole, "journal-0000", 20), "journal-0000 offset 0"},
      {"torn, yet a later journal is there",
       with(pending, "journal-0000", part(frames, frames.size() - 1)),
       "journal-0000 offset " +
           std::to_string(stages.appended[stages.appended.size() - 2].at("journal-0000").size())},
      {"journal lost", without(pending, "journal-0000"), "journal-0000 is missing"},
      {"journal of the other day", with(stages.sealed, "journal-0001", frames),
       "journal-0001: first height"},
      {"segment", flipped(begun, "day-0000.h5", 5000), "day-0000.h5: SHA-256"},
      {"segment lost", without(begun, "day-0000.h5"), "day-0000.h5"},
      {"manifest", flipped(begun, "manifest", 300), "manifest"},
      {"manifest lost", without(begun, "manifest"), "manifest is missing"},
      {"genesis lost", without(begun, "genesis.bin"), "genesis.bin is missing"},
      {"manifest of an earlier time", with(begun, "manifest", stages.created.at("manifest")),
       "journal-0000 is missing"},
      {"manifest of an earlier time, no journal",
       with(stages.closed, "manifest", stages.created.at("manifest")),
       "day-0000.h5 is not in the manifest"},
      {"genesis of another run", flipped(begun, "genesis.bin", 40), "another run"},
  };
  const TestFolder folder;
  for (const auto& [damage, files, named] : table) {
    put(folder / "a", files);
    const auto message = refusal(folder / "a", chain);
    EXPECT_NE(message.find(named), std::string::npos) << damage << ": " << message;
    EXPECT_EQ(files_in(folder / "a"), files) << damage;
  }
}

TEST(ArchiveResume, FoldersOfOthersAreLeftAlone) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "photos");
  overwrite(folder / "photos/cat.jpg", {1, 2, 3});
  EXPECT_NE(refusal(folder / "photos", make_chain()).find("not a gridtally archive"),
            std::string::npos);
  EXPECT_EQ(files_in(folder / "photos"), (Files{{"cat.jpg", {1, 2, 3}}}));
  EXPECT_FALSE(std::filesystem::exists(folder / "photos/lock"));
}

TEST(ArchiveResume, SecondWriterIsRefused) {
  const auto chain = make_chain();
  const TestFolder folder;
  const auto first = ArchiveWriter::create(folder / "a", chain.genesis, chain.validator_keys[0]);
  EXPECT_NE(refusal(folder / "a", chain).find("being written by another run"), std::string::npos);
}

TEST(ArchiveResume, AnotherRunIsRefused) {
  const TestFolder folder;
  testing::write_chain(folder / "a", make_chain(), 1);
  const auto before = files_in(folder / "a");
  testing::ChainSize size;
  size.prosumers = 4;
  EXPECT_NE(refusal(folder / "a", make_chain(size)).find("another run"), std::string::npos);
  EXPECT_EQ(files_in(folder / "a"), before);
}

TEST(ArchiveResume, EvidenceAndItsLimitAreRestored) {
  const auto chain = make_chain();
  const TestFolder folder;
  auto large = testing::double_vote(chain, 1);
  large.first.resize(most_evidence_bytes / 2);
  testing::write_chain(folder / "a", chain, 1, {large});
  {
    auto writer = ArchiveWriter::resume(folder / "a", chain.genesis, chain.validator_keys[0]);
    EXPECT_FALSE(writer.append_evidence(large));
    EXPECT_TRUE(writer.append_evidence(testing::double_vote(chain, 2)));
    finish(writer, chain);
  }
  ArchiveReader reader(folder / "a");
  while (reader.next()) {
  }
  EXPECT_TRUE(reader.faults().empty());
  EXPECT_EQ(reader.evidence(), (std::vector{large, testing::double_vote(chain, 2)}));
}

TEST(ArchiveResume, BallotsAndWhoJoinedAreCountedAgain) {
  testing::ChainSize size;
  size.joining = 2;
  const auto chain = make_chain(size);
  const TestFolder folder;
  for (std::size_t sealed = 0; sealed <= chain.days.size(); ++sealed) {
    testing::write_chain(folder / "a", chain, sealed);
    auto writer = ArchiveWriter::resume(folder / "a", chain.genesis, chain.validator_keys[0]);
    finish(writer, chain);
    testing::write_chain(folder / "b", chain, chain.days.size());
    EXPECT_EQ(files_in(folder / "a"), files_in(folder / "b"));
    std::filesystem::remove_all(folder / "a");
    std::filesystem::remove_all(folder / "b");
  }
}

}  // namespace gridtally::archive
