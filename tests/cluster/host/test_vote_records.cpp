#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "base/file.hpp"
#include "cluster/vote_records.hpp"

namespace gridtally::cluster {
namespace {

ledger::Bytes bytes(const std::string& text) { return {text.begin(), text.end()}; }

class VoteRecordFile : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        std::filesystem::temp_directory_path() / ("gridtally-record-" + std::string(info->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "validator-0.record"; }
  void write(std::initializer_list<std::string> records) const {
    VoteRecord record(path());
    for (const auto& each : records) record.append(bytes(each));
    record.sync();
  }
  [[nodiscard]] std::optional<ledger::Bytes> read() const { return VoteRecord(path()).last(); }

 private:
  std::filesystem::path folder_;
};

TEST_F(VoteRecordFile, NewFileHoldsNothing) { EXPECT_EQ(read(), std::nullopt); }

TEST_F(VoteRecordFile, LastRecordSurvivesARestart) {
  write({"height 1", "height 2", "height 3"});
  EXPECT_EQ(read(), bytes("height 3"));
  EXPECT_EQ(read(), bytes("height 3")) << "after a restart that wrote nothing";
}

TEST_F(VoteRecordFile, AnEmptyRecordIsARecord) {
  write({"height 1", ""});
  EXPECT_EQ(read(), bytes(""));
}

// Whatever part of the last frame reached the disk, the one before it counts.
TEST_F(VoteRecordFile, TornTailIsIgnored) {
  const std::size_t last_frame = 4 + 8 + 32;
  for (std::size_t cut = 1; cut <= last_frame; ++cut) {
    std::filesystem::remove(path());
    write({"height 1", "height 2"});
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - cut);
    EXPECT_EQ(read(), bytes("height 1")) << cut << " bytes cut off";
  }
}

TEST_F(VoteRecordFile, AFlippedBitEndsWhatIsBelieved) {
  write({"height 1", "height 2"});
  auto content = read_file(path());
  content[content.size() - 40] ^= 1U;
  write_file_durably(path(), content, 0600);
  EXPECT_EQ(read(), bytes("height 1"));
}

TEST_F(VoteRecordFile, FileStaysSmallHoweverMuchIsWritten) {
  {
    VoteRecord record(path());
    for (int i = 0; i < 12; ++i)
      record.append(ledger::Bytes(1U << 20U, static_cast<std::uint8_t>(i)));
  }
  EXPECT_LE(std::filesystem::file_size(path()), std::uintmax_t{6U << 20U});
  EXPECT_EQ(read(), ledger::Bytes(1U << 20U, 11));
}

TEST_F(VoteRecordFile, OnlyTheOwnerMayRead) {
  write({"height 1"});
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(VoteRecordName, NamesTheValidator) { EXPECT_EQ(vote_record_name(12), "validator-12.record"); }

}  // namespace
}  // namespace gridtally::cluster
