#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "base/error.hpp"
#include "crash/disk.hpp"

namespace gridtally::crash {

namespace {
/// Traces written by hand; every path is below /d.
Operation opened(const std::string& path, int descriptor, int flags = O_CREAT | O_WRONLY) {
  return {Call::open, 1, descriptor, flags, 0, descriptor, 0, path, {}, {}};
}
Operation wrote(int descriptor, std::int64_t offset, const Bytes& data) {
  const auto size = static_cast<std::int64_t>(data.size());
  return {Call::write, 1, descriptor, 0, offset, size, 0, {}, {}, data};
}
Operation on(Call call, int descriptor, std::int64_t result = 0, int error = 0) {
  return {call, 1, descriptor, 0, 0, result, error, {}, {}, {}};
}
Operation named(Call call, const std::string& path, const std::string& second = {}) {
  return {call, 1, -1, 0, 0, 0, 0, path, second, {}};
}

Disk fed(const std::vector<Operation>& trace, const Tree& start = {}) {
  Disk disk("/d", start);
  for (const auto& operation : trace) disk.apply(operation);
  return disk;
}

Tree after(const Disk& disk, Loss loss, unsigned seed = 1) {
  std::mt19937 random(seed);
  return disk.after_power_cut(loss, random);
}

const Bytes abc{'a', 'b', 'c'};
const std::vector<Operation> durable_file{opened("/d/f", 3), wrote(3, 0, abc), on(Call::sync, 3),
                                          opened("/d", 4, O_RDONLY), on(Call::sync, 4)};

std::vector<Operation> and_then(std::vector<Operation> trace, std::vector<Operation> more) {
  trace.insert(trace.end(), more.begin(), more.end());
  return trace;
}
}  // namespace

TEST(Disk, WhatNoSyncCoversIsLost) {
  const auto disk = fed({opened("/d/f", 3), wrote(3, 0, abc)});
  EXPECT_EQ(disk.seen(), (Tree{{"f", abc}}));
  EXPECT_EQ(after(disk, Loss::all), Tree{});
  EXPECT_EQ(after(disk, Loss::none), disk.seen());
  EXPECT_TRUE(disk.anything_unsynced());
}

TEST(Disk, SyncedFileIsLostWithItsName) {
  const auto disk = fed({opened("/d/f", 3), wrote(3, 0, abc), on(Call::sync, 3)});
  EXPECT_EQ(after(disk, Loss::all), Tree{});
  EXPECT_EQ(after(disk, Loss::content), (Tree{{"f", abc}}));
}

TEST(Disk, SyncedFileInASyncedFolderStays) {
  const auto disk = fed(durable_file);
  for (const auto loss : every_loss) EXPECT_EQ(after(disk, loss), (Tree{{"f", abc}}));
  EXPECT_FALSE(disk.anything_unsynced());
}

TEST(Disk, NameWithoutContent) {
  const auto disk = fed({opened("/d/f", 3), wrote(3, 0, abc)});
  EXPECT_EQ(after(disk, Loss::content), (Tree{{"f", Bytes{}}}));
  EXPECT_EQ(after(disk, Loss::bytes), (Tree{{"f", Bytes{0, 0, 0}}}));
  EXPECT_EQ(after(disk, Loss::names), Tree{});
}

TEST(Disk, RenameBeforeItsData) {
  const auto disk = fed(and_then(durable_file, {opened("/d/f.tmp", 5), wrote(5, 0, {'x'}),
                                                named(Call::rename, "/d/f.tmp", "/d/f")}));
  EXPECT_EQ(disk.seen(), (Tree{{"f", Bytes{'x'}}}));
  EXPECT_EQ(after(disk, Loss::all), (Tree{{"f", abc}}));
  EXPECT_EQ(after(disk, Loss::content), (Tree{{"f", Bytes{}}}));
}

TEST(Disk, RenameIsOldOrNewNeverNeither) {
  const auto disk =
      fed(and_then(durable_file, {opened("/d/g", 5), wrote(5, 0, {'x'}), on(Call::sync, 5),
                                  on(Call::sync, 4), named(Call::rename, "/d/g", "/d/f")}));
  std::set<Tree> found;
  for (unsigned seed = 0; seed < 20; ++seed) found.insert(after(disk, Loss::random, seed));
  EXPECT_EQ(found, (std::set<Tree>{{{"f", abc}, {"g", Bytes{'x'}}}, {{"f", Bytes{'x'}}}}));
}

TEST(Disk, UnlinkComesBackUntilTheFolderIsSynced) {
  const auto removed = and_then(durable_file, {named(Call::unlink, "/d/f")});
  EXPECT_EQ(fed(removed).seen(), Tree{});
  EXPECT_EQ(after(fed(removed), Loss::all), (Tree{{"f", abc}}));
  EXPECT_EQ(after(fed(and_then(removed, {on(Call::sync, 4)})), Loss::all), Tree{});
}

TEST(Disk, LaterWriteWithoutTheEarlierOne) {
  const auto disk = fed(and_then(durable_file, {wrote(3, 3, {'d'}), wrote(3, 4, {'e'})}));
  std::set<Bytes> found;
  for (unsigned seed = 0; seed < 200; ++seed) found.insert(*after(disk, Loss::random, seed)["f"]);
  const std::set<Bytes> expected{abc,
                                 {'a', 'b', 'c', 'd'},
                                 {'a', 'b', 'c', 0},
                                 {'a', 'b', 'c', 'd', 'e'},
                                 {'a', 'b', 'c', 'd', 0},
                                 {'a', 'b', 'c', 0, 'e'},
                                 {'a', 'b', 'c', 0, 0}};
  EXPECT_EQ(found, expected);
}

TEST(Disk, WritesAreTornAtBytesAndSectors) {
  const auto disk = fed(and_then(durable_file, {wrote(3, 3, Bytes(1600, 'd'))}));
  std::set<std::size_t> sizes;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    sizes.insert(after(disk, Loss::random, seed)["f"]->size());
  }
  EXPECT_TRUE(sizes.contains(512) && sizes.contains(1024) && sizes.contains(1536));
  EXPECT_GT(sizes.size(), 20U);
}

TEST(Disk, FailedSyncLosesWhatItShouldHaveKept) {
  const auto disk = fed(and_then(durable_file, {wrote(3, 3, {'d'}), on(Call::sync, 3, -1, EIO),
                                                wrote(3, 4, {'e'}), on(Call::sync, 3)}));
  EXPECT_EQ(disk.seen(), (Tree{{"f", Bytes{'a', 'b', 'c', 'd', 'e'}}}));
  EXPECT_EQ(after(disk, Loss::none), (Tree{{"f", Bytes{'a', 'b', 'c', 0, 'e'}}}));
}

TEST(Disk, InterruptedSyncLosesNothingYet) {
  const auto disk = fed(and_then(
      durable_file, {wrote(3, 3, {'d'}), on(Call::sync, 3, -1, EINTR), on(Call::sync, 3)}));
  EXPECT_EQ(after(disk, Loss::all), (Tree{{"f", Bytes{'a', 'b', 'c', 'd'}}}));
}

TEST(Disk, TruncationIsAChangeLikeAWrite) {
  auto cut = on(Call::truncate, 3);
  cut.offset = 1;
  const auto disk = fed(and_then(durable_file, {cut}));
  EXPECT_EQ(disk.seen(), (Tree{{"f", Bytes{'a'}}}));
  EXPECT_EQ(after(disk, Loss::all), (Tree{{"f", abc}}));
  EXPECT_EQ(*fed(and_then(durable_file, {opened("/d/f", 6, O_TRUNC | O_WRONLY)})).seen()["f"],
            Bytes{});
}

TEST(Disk, FoldersNest) {
  const std::vector<Operation> trace{
      named(Call::make_folder, "/d/a"), opened("/d/a/f", 3), wrote(3, 0, abc), on(Call::sync, 3),
      opened("/d/a", 4, O_RDONLY),      on(Call::sync, 4)};
  EXPECT_EQ(after(fed(trace), Loss::all), Tree{}) << "a's own name was never synced";
  const auto whole = and_then(trace, {opened("/d", 5, O_RDONLY), on(Call::sync, 5)});
  EXPECT_EQ(after(fed(whole), Loss::all), (Tree{{"a", {}}, {"a/f", abc}}));
}

TEST(Disk, StartsFromDurableContent) {
  const Tree start{{"a", {}}, {"a/f", abc}};
  auto disk = fed({opened("/d/a/f", 3, O_WRONLY), wrote(3, 0, {'x'})}, start);
  EXPECT_EQ(after(disk, Loss::all), start);
  EXPECT_EQ(disk.seen(), (Tree{{"a", {}}, {"a/f", Bytes{'x', 'b', 'c'}}}));
  disk.forget_descriptors();
  EXPECT_THROW(disk.apply(wrote(3, 0, {'y'})), Error);
}

TEST(Disk, FailedCallsChangeNothing) {
  auto failed = wrote(3, 3, {'d'});
  failed.result = -1;
  failed.error = ENOSPC;
  EXPECT_FALSE(fed(and_then(durable_file, {failed})).anything_unsynced());
}

TEST(Disk, SenselessTracesAreRefused) {
  EXPECT_THROW(fed({wrote(3, 0, abc)}), Error);
  EXPECT_THROW(fed({opened("/d/f", 3, O_RDONLY)}), Error);
  EXPECT_THROW(fed({opened("/d/none/f", 3)}), Error);
  EXPECT_THROW(fed({named(Call::make_folder, "/d/a"), opened("/d/f", 3),
                    named(Call::rename, "/d/f", "/d/a/f")}),
               Error);
}

}  // namespace gridtally::crash
