#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"

namespace gridtally {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  TestFolder folder_;
};

const std::vector<std::uint8_t> bytes{1, 0, 255, 10};

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0U;
}

template <class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const IoError& error) {
    return error.what();
  }
  return "no IoError";
}

TEST_F(FileTest, WritesAndReadsBytes) {
  File file = File::create(folder_ / "a", 0644);
  file.write(bytes);
  file.sync_data();
  file.close();
  EXPECT_EQ(read_file(folder_ / "a"), bytes);
}

TEST_F(FileTest, AppendContinuesAtTheEnd) {
  write_file_durably(folder_ / "a", std::string("one "));
  File::open_append(folder_ / "a").write(std::vector<std::uint8_t>{'t', 'w', 'o'});
  EXPECT_EQ(read_text(folder_ / "a"), "one two");
}

TEST_F(FileTest, CreateNeverOverwrites) {
  write_file_durably(folder_ / "a", std::string("kept"));
  const auto message = message_of([&] { File::create(folder_ / "a", 0644); });
  EXPECT_NE(message.find((folder_ / "a").string()), std::string::npos) << message;
  EXPECT_NE(message.find("File exists"), std::string::npos) << message;
  EXPECT_EQ(read_text(folder_ / "a"), "kept");
}

TEST_F(FileTest, PrivateModeIsKept) {
  File::create(folder_ / "created", 0600);
  write_file_durably(folder_ / "durable", std::string("secret"), 0600);
  EXPECT_EQ(mode_of(folder_ / "created"), 0600U);
  EXPECT_EQ(mode_of(folder_ / "durable"), 0600U);
}

TEST_F(FileTest, DurableWriteReplacesAndLeavesNoTemporary) {
  write_file_durably(folder_ / "a", std::string("a longer old text"));
  write_file_durably(folder_ / "a.tmp", std::string("left by a crash"));
  write_file_durably(folder_ / "a", std::string("new"));
  EXPECT_EQ(read_text(folder_ / "a"), "new");
  EXPECT_FALSE(fs::exists(folder_ / "a.tmp"));
}

TEST_F(FileTest, MissingFileNamesPathAndReason) {
  const auto message = message_of([&] { read_text(folder_ / "absent"); });
  EXPECT_NE(message.find("absent"), std::string::npos) << message;
  EXPECT_NE(message.find("No such file"), std::string::npos) << message;
}

TEST_F(FileTest, LargerThanTheLimitIsRefusedBeforeReading) {
  write_file_durably(folder_ / "a", bytes);
  EXPECT_EQ(read_file(folder_ / "a", 4), bytes);
  const auto message = message_of([&] { read_file(folder_ / "a", 3); });
  EXPECT_NE(message.find("4 bytes, more than the 3"), std::string::npos) << message;
}

TEST_F(FileTest, FolderIsNotReadAsAFile) {
  const auto message = message_of([&] { read_file(folder_.path()); });
  EXPECT_NE(message.find("not a regular file"), std::string::npos) << message;
}

TEST_F(FileTest, MoveLeavesTheSourceClosed) {
  File first = File::create(folder_ / "a", 0644);
  const int descriptor = first.descriptor();
  File second = std::move(first);
  EXPECT_EQ(second.descriptor(), descriptor);
  second.write(bytes);
  second.close();
  EXPECT_EQ(second.descriptor(), -1);
  EXPECT_EQ(read_file(folder_ / "a"), bytes);
}

TEST_F(FileTest, WriteToAReadOnlyDescriptorFails) {
  write_file_durably(folder_ / "a", bytes);
  File file = File::open_read(folder_ / "a");
  const auto message = message_of([&] { file.write(bytes); });
  EXPECT_NE(message.find("write"), std::string::npos) << message;
}

TEST_F(FileTest, NothingIsWrittenOrSyncedAfterAFailure) {
  File file = File::open_append("/dev/full");
  EXPECT_THROW(file.write(bytes), IoError);
  const auto message = message_of([&] { file.sync_data(); });
  EXPECT_NE(message.find("an earlier write or sync of it failed"), std::string::npos) << message;
  EXPECT_THROW(file.sync(), IoError);
  EXPECT_THROW(file.write(bytes), IoError);
  File moved = std::move(file);
  EXPECT_THROW(moved.write(bytes), IoError);
}

TEST_F(FileTest, ReadsFromAnyOffset) {
  write_file_durably(folder_ / "a", bytes);
  const File file = File::open_read(folder_ / "a");
  std::vector<std::uint8_t> found(3);
  EXPECT_EQ(file.read_at(1, found), 3U);
  EXPECT_EQ(found, (std::vector<std::uint8_t>{0, 255, 10}));
  EXPECT_EQ(file.read_at(3, found), 1U);
  EXPECT_EQ(file.size(), 4U);
}

TEST_F(FileTest, FoldersAreMadeWithThoseAboveThem) {
  create_folders_durably(folder_ / "x/y/z/");
  EXPECT_TRUE(fs::is_directory(folder_ / "x/y/z"));
  EXPECT_NO_THROW(create_folders_durably(folder_ / "x/y"));
  write_file_durably(folder_ / "file", bytes);
  EXPECT_THROW(create_folders_durably(folder_ / "file"), IoError);
  EXPECT_THROW(create_folders_durably(folder_ / "file/z"), IoError);
  const auto here = fs::current_path();
  fs::current_path(folder_.path());
  create_folders_durably("relative/too");
  fs::current_path(here);
  EXPECT_TRUE(fs::is_directory(folder_ / "relative/too"));
}

// Whichever of few or many is not there is missed.
TEST_F(FileTest, EachOfSeveralFilesIsSynced) {
  for (const std::size_t count : {1U, 3U, 40U}) {
    std::vector<fs::path> paths;
    for (std::size_t i = 0; i < count; ++i) paths.push_back(folder_ / std::to_string(i));
    for (const auto& path : paths) write_file_durably(path, bytes);
    EXPECT_NO_THROW(sync_files(paths));
    for (const auto& path : paths) {
      remove_file(path);
      EXPECT_NE(message_of([&] { sync_files(paths); }).find(path.string()), std::string::npos);
      write_file_durably(path, bytes);
    }
  }
  EXPECT_NO_THROW(sync_files({}));
}

TEST_F(FileTest, SyncOfAFolderThatIsNotThereFails) {
  EXPECT_THROW(sync_folder(folder_ / "absent"), IoError);
  EXPECT_NO_THROW(sync_folder(folder_.path()));
}

}  // namespace
}  // namespace gridtally
