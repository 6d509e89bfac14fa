// On any number of ranks, all on one host: they share the folder.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cluster/network.hpp"
#include "cluster/run_folder.hpp"
#include "parallel/folder_of_ranks.hpp"

namespace gridtally::cluster {
namespace {

namespace fs = std::filesystem;

class RunFolderOfRanks : public ::testing::Test {
 protected:
  RunFolderOfRanks() {
    int size = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    layout_.emplace(size, meters, validators);
    const auto own = layout_->validators_of(rank_);
    for (std::uint32_t i = 0; i < own.count; ++i) {
      secrets_.validator_keys.push_back(ledger::SecretKey::generate());
    }
    for (std::uint32_t i = 0; i < layout_->meters_of(rank_).count; ++i) {
      secrets_.meter_keys.push_back(ledger::SecretKey::generate());
    }
  }
  static void wait_for_all() { MPI_Barrier(MPI_COMM_WORLD); }
  void begin(RunFolder& folder, bool throw_away = true) {
    folder.begin(secrets_, *layout_, rank_, "days = 3\n", throw_away);
    wait_for_all();
  }

  static constexpr std::uint32_t meters = 7;
  static constexpr std::uint32_t validators = 4;
  int rank_ = 0;
  std::optional<Layout> layout_;
  Secrets secrets_;
  FolderOfRanks folder_;
  fs::path archive_ = folder_ / "run";
};

TEST_F(RunFolderOfRanks, KeepsTheKeysOfAllRanksAndTheSettings) {
  RunFolder folder(archive_);
  begin(folder);
  EXPECT_EQ(fs::status(folder.path()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(folder.settings()).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_NE(read_text(folder.settings()).find("\ndays = 3\n"), std::string::npos);
  for (std::uint32_t v = 0; v < validators; ++v) {
    EXPECT_NO_THROW(ledger::read_key(folder.keys(), ledger::Role::validator, v)) << v;
  }
  for (std::uint32_t m = 0; m < meters; ++m) {
    EXPECT_NO_THROW(ledger::read_key(folder.keys(), ledger::Role::meter, m)) << m;
  }
  const auto first = layout_->meters_of(rank_).first;
  if (!secrets_.meter_keys.empty()) {
    EXPECT_EQ(ledger::read_key(folder.keys(), ledger::Role::meter, first).public_key(),
              secrets_.meter_keys[0].public_key());
  }
}

TEST_F(RunFolderOfRanks, KeysOfTheUsersOwnAreNotCopied) {
  RunFolder folder(archive_);
  begin(folder, false);
  EXPECT_FALSE(fs::exists(folder.keys()));
}

TEST_F(RunFolderOfRanks, ForgetsWhatAnEarlierRunLeft) {
  if (rank_ == 0) {
    fs::create_directories(run_folder_of(archive_) / "keys");
    fs::permissions(run_folder_of(archive_), fs::perms::owner_all);
    write_file_durably(run_folder_of(archive_) / "votes-1-0.record", std::string("old"));
  }
  wait_for_all();
  RunFolder folder(archive_);
  begin(folder, false);
  EXPECT_FALSE(fs::exists(folder.path() / "votes-1-0.record"));
  EXPECT_FALSE(fs::exists(folder.keys()));
}

// Bound by them, no validator there would speak in the run that begins.
TEST_F(RunFolderOfRanks, ForgetsVotesOnHostsWithAFolderOfTheirOwn) {
  archive_ += "-" + std::to_string(rank_);
  const auto own = run_folder_of(archive_);
  fs::create_directories(own);
  fs::permissions(own, fs::perms::owner_all);
  write_file_durably(own / "votes-3-7.record", std::string("old"));
  RunFolder folder(archive_);
  begin(folder, false);
  EXPECT_FALSE(fs::exists(own / "votes-3-7.record"));
  wait_for_all();
  fs::remove_all(own);
}

TEST_F(RunFolderOfRanks, IsRefusedWhileAnotherRunHoldsIt) {
  RunFolder folder(archive_);
  begin(folder);
  RunFolder second(archive_);
  std::string message;
  try {
    begin(second);
  } catch (const Error& error) {
    message = error.what();
  }
  wait_for_all();
  EXPECT_NE(message.find("is being written by another run"), std::string::npos) << message;
  EXPECT_TRUE(fs::exists(folder.settings()));
}

TEST_F(RunFolderOfRanks, NothingIsLeftOnceTheRunHasEnded) {
  RunFolder folder(archive_);
  begin(folder);
  folder.remove(rank_);
  EXPECT_FALSE(fs::exists(folder.path()));
}

}  // namespace
}  // namespace gridtally::cluster
