#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "cluster/vote_records.hpp"

namespace gridtally::cluster {
namespace {

ledger::Bytes bytes(const std::string& text) { return {text.begin(), text.end()}; }

class VoteRecordsFile : public ::testing::Test {
 protected:
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / vote_records_name(1, 0); }
  void write(std::initializer_list<std::pair<std::uint32_t, std::string>> records) const {
    VoteRecords file(path());
    for (const auto& [validator, record] : records) file.append(validator, bytes(record));
    file.sync();
  }
  [[nodiscard]] VoteRecords::Records read() const { return read_vote_records(path()); }

 private:
  TestFolder folder_;
};

using Records = VoteRecords::Records;

TEST_F(VoteRecordsFile, NothingIsWrittenBeforeTheFirstRecord) {
  VoteRecords file(path());
  file.sync();
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_EQ(file.last(0), ledger::Bytes{});
}

TEST_F(VoteRecordsFile, LastRecordOfEachValidatorSurvivesARestart) {
  write({{0, "height 1"}, {1, "height 1"}, {0, "height 2"}});
  EXPECT_EQ(read(), (Records{{0, bytes("height 2")}, {1, bytes("height 1")}}));
}

TEST_F(VoteRecordsFile, KnownRecordsAreDurableAtOnce) {
  const VoteRecords file(path(), {{3, bytes("height 7")}});
  EXPECT_EQ(file.last(3), bytes("height 7"));
  EXPECT_EQ(read(), (Records{{3, bytes("height 7")}}));
}

// Whatever part of the last frame reached the disk, the one before it counts.
TEST_F(VoteRecordsFile, TornTailIsIgnored) {
  const std::size_t last_frame = 4 + 4 + 8 + 32;
  for (std::size_t cut = 1; cut <= last_frame; ++cut) {
    write({{2, "height 1"}, {2, "height 2"}});
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - cut);
    EXPECT_EQ(read(), (Records{{2, bytes("height 1")}})) << cut << " bytes cut off";
  }
}

TEST_F(VoteRecordsFile, AFlippedBitEndsWhatIsBelieved) {
  write({{0, "height 1"}, {0, "height 2"}});
  const auto whole = read_file(path());
  const std::size_t last_frame = 4 + 4 + 8 + 32;
  for (std::size_t i = whole.size() - last_frame; i < whole.size(); ++i) {
    auto content = whole;
    content[i] ^= 1U;
    write_file_durably(path(), content, 0600);
    EXPECT_EQ(read(), (Records{{0, bytes("height 1")}})) << "byte " << i;
  }
}

TEST_F(VoteRecordsFile, FileStaysSmallHoweverMuchIsWritten) {
  {
    VoteRecords file(path());
    for (int i = 0; i < 12; ++i) {
      file.append(i % 2, ledger::Bytes(1U << 20U, static_cast<std::uint8_t>(i)));
    }
  }
  EXPECT_LE(std::filesystem::file_size(path()), std::uintmax_t{8U << 20U});
  EXPECT_EQ(read(),
            (Records{{0, ledger::Bytes(1U << 20U, 10)}, {1, ledger::Bytes(1U << 20U, 11)}}));
}

TEST_F(VoteRecordsFile, OnlyTheOwnerMayRead) {
  write({{0, "height 1"}});
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(VoteRecordsName, NamesLifeAndRank) {
  EXPECT_EQ(vote_records_name(2, 12), "votes-2-12.record");
}

// Killed while a second life began: rank 1 had written its validators anew, rank 0 had not.
TEST_F(VoteRecordsFile, TheLatestLifeThatHasARecordCounts) {
  VoteRecords(folder() / vote_records_name(1, 0), {{0, bytes("old 0")}, {1, bytes("old 1")}});
  VoteRecords(folder() / vote_records_name(2, 1), {{1, bytes("new 1")}});
  VoteRecords(folder() / vote_records_name(10, 1), {{2, bytes("newest 2")}});
  write_file_durably(folder() / "votes-x-1.record", bytes("no life"));
  EXPECT_EQ(read_earlier_votes(folder()),
            (EarlierVotes{
                {0, {1, bytes("old 0")}}, {1, {2, bytes("new 1")}}, {2, {10, bytes("newest 2")}}}));
}

TEST_F(VoteRecordsFile, EarlierLivesAreRemovedAndNothingElse) {
  VoteRecords(folder() / vote_records_name(1, 0), {{0, bytes("old")}});
  VoteRecords(folder() / vote_records_name(2, 1), {{0, bytes("new")}});
  write_file_durably(folder() / "settings", bytes("days = 2"));
  remove_earlier_votes(folder(), 2);
  EXPECT_FALSE(std::filesystem::exists(folder() / vote_records_name(1, 0)));
  EXPECT_TRUE(std::filesystem::exists(folder() / vote_records_name(2, 1)));
  EXPECT_TRUE(std::filesystem::exists(folder() / "settings"));
}

}  // namespace
}  // namespace gridtally::cluster
