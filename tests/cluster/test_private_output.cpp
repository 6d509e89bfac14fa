#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/test_folder.hpp"
#include "cluster/private_output.hpp"

namespace gridtally::cluster {
namespace {

namespace fs = std::filesystem;

class PrivateOutput : public ::testing::Test {
 protected:
  void make_folder(fs::perms mode) const {
    fs::create_directory(folder_);
    fs::permissions(folder_, mode);
  }
  void add(const std::string& name) const { std::ofstream(folder_ / name) << "content"; }

  [[nodiscard]] std::string refusal(bool replace) const {
    try {
      check_private_output(folder_, replace);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }

  TestFolder base_;
  fs::path folder_ = base_ / "run.private";
};

TEST_F(PrivateOutput, AbsentFolderIsFineAndNotMade) {
  EXPECT_EQ(refusal(false), "");
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(PrivateOutput, EmptyPrivateFolderIsFine) {
  make_folder(fs::perms::owner_all);
  EXPECT_EQ(refusal(false), "");
}

TEST_F(PrivateOutput, FilesOfAnotherRunAreKept) {
  make_folder(fs::perms::owner_all);
  add("meter-00000.h5");
  EXPECT_EQ(refusal(false), "'" + folder_.string() +
                                "' holds the private files of another run: choose another folder "
                                "with --private, drop them by --force, or go on with that run by "
                                "--resume");
  EXPECT_TRUE(fs::exists(folder_ / "meter-00000.h5"));
}

TEST_F(PrivateOutput, ForceAllowsToReplaceButCheckingRemovesNothing) {
  make_folder(fs::perms::owner_all);
  add("meter-00000.h5");
  EXPECT_EQ(refusal(true), "");
  EXPECT_TRUE(fs::exists(folder_ / "meter-00000.h5"));
}

TEST_F(PrivateOutput, FileInPlaceOfFolder) {
  std::ofstream(folder_) << "content";
  const std::string expected =
      "'" + folder_.string() + "' is not a folder: choose another with --private";
  EXPECT_EQ(refusal(false), expected);
  EXPECT_EQ(refusal(true), expected);
}

TEST_F(PrivateOutput, FolderOpenToOthersIsRefusedByName) {
  make_folder(fs::perms::owner_all | fs::perms::group_read | fs::perms::others_read);
  EXPECT_NE(refusal(false).find(folder_.string()), std::string::npos);
}

TEST_F(PrivateOutput, PrepareMakesItPrivateAndRemovesEarlierMetersOnly) {
  prepare_private_output(folder_);
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
  add("meter-00007.h5");
  add("notes.txt");
  prepare_private_output(folder_);
  EXPECT_FALSE(fs::exists(folder_ / "meter-00007.h5"));
  EXPECT_TRUE(fs::exists(folder_ / "notes.txt"));
}

}  // namespace
}  // namespace gridtally::cluster
