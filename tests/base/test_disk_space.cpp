#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <string>

#include "base/disk_space.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"

namespace gridtally {
namespace {

constexpr std::uint64_t megabyte = 1U << 20U;

class DiskSpace : public ::testing::Test {
 protected:
  DiskSpace() { std::ofstream(path_) << "five"; }

  [[nodiscard]] std::uint64_t taken() const {
    struct stat found {};
    ::stat(path_.c_str(), &found);
    return static_cast<std::uint64_t>(found.st_blocks) * 512;
  }

  const TestFolder folder_;
  const std::filesystem::path path_ = folder_ / "file";
};

TEST_F(DiskSpace, IsKeptAndGivenBackAroundTheSameBytes) {
  const auto before = taken();
  reserve_space(path_, 8 * megabyte);
  EXPECT_EQ(read_text(path_), "five");
  EXPECT_GE(taken(), 8 * megabyte);
  release_space(path_);
  EXPECT_EQ(read_text(path_), "five");
  EXPECT_LE(taken(), before + megabyte);
}

TEST_F(DiskSpace, IsReservedWhereNothingIsAskedFor) {
  reserve_space(path_, 0);
  release_space(path_);
  EXPECT_EQ(read_text(path_), "five");
}

TEST_F(DiskSpace, ThatIsNotThereIsToldWithTheRemedy) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{megabyte, before.rlim_max};
  const auto former = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::string words;
  try {
    reserve_space(path_, 2 * megabyte);
  } catch (const IoError& error) {
    words = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, former);
  EXPECT_EQ(words,
            "no room for the 2097152 bytes that '" + path_.string() +
                "' may take (File too large): raise the limit of a file's size (ulimit -f), and "
                "try again");
  EXPECT_EQ(read_text(path_), "five");
  EXPECT_LT(taken(), 2 * megabyte);
}

TEST_F(DiskSpace, MoreThanAnyDiskHasIsToldToo) {
  EXPECT_THROW(reserve_space(path_, std::uint64_t{1} << 60U), IoError);
  EXPECT_LT(taken(), megabyte);
}

TEST_F(DiskSpace, OfAFileThatIsNotThereIsAnError) {
  EXPECT_THROW(reserve_space(path_.string() + "-not", 1), IoError);
  EXPECT_THROW(release_space(path_.string() + "-not"), IoError);
}

}  // namespace
}  // namespace gridtally
