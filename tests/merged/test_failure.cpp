// An error of one rank ends all of them; a rank left behind is a test that does not end.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <set>
#include <thread>
#include <typeinfo>

#include "base/error.hpp"
#include "merged/interference.hpp"
#include "merged/merged_file_test.hpp"

namespace gridtally::merged {
namespace {

using testing::Call;
using testing::Interference;

/// How writing ended on this rank.
struct Ending {
  std::string words;  ///< of the error; empty without one
  ExitStatus status = ExitStatus::success;
  bool own = false;  ///< the error is of the type that the failing rank throws, not just an Error
};

Ending ending_of(const std::function<void()>& write) {
  try {
    write();
  } catch (const Error& error) {
    return {error.what(), error.status(), typeid(error) != typeid(Error)};
  }
  return {};
}

/// Damaged from its prosumer `at` on.
Share damaged(Share share, int at, const std::string& words) {
  share.next = [next = std::move(share.next), left = at, words]() mutable {
    if (left-- == 0) throw FormatError(words);
    return next();
  };
  return share;
}

class FailingRank : public MergedFile {
 protected:
  /// An earlier file stands.
  FailingRank() {
    write(1);
    former_ = read_file(path_);
    MPI_Barrier(MPI_COMM_WORLD);  // all have read it
  }

  Ending write_share(const Share& share, std::uint64_t at_once = 1U << 20U) const {
    return ending_of([&] { write_merged_file(MPI_COMM_WORLD, folder_, genesis_, share, at_once); });
  }

  /// What is left once every rank has ended.
  void expect_only_the_former_file() const {
    MPI_Barrier(MPI_COMM_WORLD);
    EXPECT_EQ(read_file(path_), former_);
    const auto files = std::filesystem::directory_iterator(folder_);
    EXPECT_EQ(std::distance(begin(files), end(files)), 1);
    MPI_Barrier(MPI_COMM_WORLD);
  }

  /// Ranks with meters.
  [[nodiscard]] int holders() const { return std::max(1, ranks_ - 1); }
  [[nodiscard]] bool is_last() const { return rank_ == ranks_ - 1; }

  std::filesystem::path path_ = folder_ / archive::merged_file_name;
  std::vector<std::uint8_t> former_;
};

TEST_F(FailingRank, DamagedShareEndsAllWithItsWords) {
  const auto files = own_files(3);
  for (const int failing : std::set{0, holders() - 1}) {
    for (const int at : {0, 2}) {  // every rank with meters has three prosumers at least
      auto share = share_of(files);
      const auto words = "the share of rank " + std::to_string(failing) + " is damaged";
      if (rank_ == failing) share = damaged(share, at, words);
      const auto ending = write_share(share, 1);
      EXPECT_EQ(ending.words, words) << at;
      EXPECT_EQ(ending.status, ExitStatus::bad_input);
      EXPECT_EQ(ending.own, rank_ == failing);
      expect_only_the_former_file();
    }
  }
}

TEST_F(FailingRank, EachThatFailsSaysItsOwn) {
  const auto files = own_files(3);
  const auto words = [](int rank) { return "rank " + std::to_string(rank) + " is damaged"; };
  const auto ending = write_share(damaged(share_of(files), 1, words(rank_)), 1);
  EXPECT_EQ(ending.words, words(rank_ < holders() ? rank_ : 0));  // one rank has no share
  expect_only_the_former_file();
}

TEST_F(FailingRank, MetersThatDoNotFitEndAll) {
  auto files = own_files(1);
  if (rank_ == 0) files.back().prosumers[0].renewable.pop_back();
  const auto ending = write_share(share_of(files));
  EXPECT_NE(ending.words, "");
  EXPECT_EQ(ending.own, rank_ == 0);
  expect_only_the_former_file();
}

TEST_F(FailingRank, AFolderThatOneDoesNotHaveEndsAll) {
  const auto files = own_files(1);
  const bool alone = ranks_ == 1;
  const auto folder = is_last() ? folder_ / "elsewhere" : folder_;
  const auto ending =
      ending_of([&] { write_merged_file(MPI_COMM_WORLD, folder, genesis_, share_of(files), 1); });
  EXPECT_NE(ending.words.find("elsewhere"), std::string::npos) << ending.words;
  EXPECT_EQ(ending.words.find("same folder") == std::string::npos, alone) << ending.words;
  EXPECT_EQ(ending.own, is_last());
  expect_only_the_former_file();
}

TEST_F(FailingRank, AFailedWriteEndsAll) {
  const auto files = own_files(1);
  for (const int at : {0, 60}) {  // 60: of a later round
    std::optional<Interference> one;
    const auto fails = [at, calls = 0](Call call, auto&) mutable {
      return call == Call::write_dataset && calls++ == at;
    };
    if (is_last()) one.emplace(fails);
    const auto ending = write_share(share_of(files), 1);
    EXPECT_TRUE(
        ending.words.starts_with("'" + path_.string() + ".tmp': HDF5 could not write dataset /"))
        << ending.words;
    EXPECT_EQ(ending.own, is_last());
    expect_only_the_former_file();
  }
}

// HDF5 and MPI-IO may leave ranks waiting for one whose write failed inside them: it does not come
// to that, as the room is asked for before.
TEST_F(FailingRank, ADiskWithoutRoomEndsAllBeforeAnyWrites) {
  const auto files = own_files(1);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1U << 16U, before.rlim_max};
  const auto former = std::signal(SIGXFSZ, SIG_IGN);
  if (is_last()) ::setrlimit(RLIMIT_FSIZE, &small);
  int writes = 0;
  Ending ending;
  {
    const Interference watch([&](Call call, auto&) {
      writes += call == Call::write_dataset ? 1 : 0;
      return false;
    });
    ending = write_share(share_of(files));
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, former);
  EXPECT_TRUE(ending.words.starts_with("no room for the ")) << ending.words;
  EXPECT_EQ(ending.own, is_last());
  EXPECT_EQ(writes, 0);
  expect_only_the_former_file();
}

// Where the disk fails as Open MPI tries locks, and where a run is killed meanwhile.
TEST_F(MergedFile, TakesAwayWhatMpiLeftOfItsTests) {
  const auto left = folder_ / (std::string(archive::merged_file_name) + ".tmp.locktest.");
  const auto name = left.string() + std::to_string(100 + rank_);  // of a larger run
  File::create(name, 0600).close();
  MPI_Barrier(MPI_COMM_WORLD);
  write(1);
  EXPECT_FALSE(std::filesystem::exists(name));
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST_F(MergedFile, KeepsNoRoomThatItDoesNotUse) {
  write(3);
  struct stat found {};
  ::stat((folder_ / archive::merged_file_name).c_str(), &found);
  EXPECT_LE(found.st_blocks * 512, found.st_size + (1 << 17));
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST_F(FailingRank, AFailedCloseEndsAll) {
  const auto files = own_files(1);
  std::optional<Interference> one;
  if (is_last()) one.emplace([](Call call, auto&) { return call == Call::close_file; });
  const auto ending = write_share(share_of(files));
  EXPECT_EQ(ending.words,
            "'" + path_.string() + ".tmp': HDF5 could not write the file's last bytes");
  EXPECT_EQ(ending.own, is_last());
  expect_only_the_former_file();
}

TEST_F(FailingRank, AFailedSyncEndsAll) {
  const auto files = own_files(1);
  for (const int failing : {1, 2}) {  // before closing it, and after
    std::optional<Interference> one;
    int syncs = 0;
    if (is_last()) {
      one.emplace([&](Call call, auto&) { return call == Call::sync && ++syncs == failing; });
    }
    const auto ending = write_share(share_of(files));
    EXPECT_TRUE(ending.words.starts_with("fsync '" + path_.string() + ".tmp'")) << ending.words;
    EXPECT_EQ(ending.own, is_last());
    EXPECT_EQ(syncs, is_last() ? failing : 0);
    expect_only_the_former_file();
  }
}

TEST_F(FailingRank, AFailedRenameEndsAll) {
  const auto files = own_files(1);
  if (rank_ == 0) {
    remove_file(path_);
    std::filesystem::create_directory(path_);
  }
  const auto ending = write_share(share_of(files));
  EXPECT_TRUE(ending.words.starts_with("rename '")) << ending.words;
  EXPECT_EQ(ending.own, rank_ == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".tmp"));
}

TEST_F(MergedFile, EveryRankSyncsItBeforeItHasItsName) {
  const auto path = folder_ / archive::merged_file_name;
  int syncs = 0;
  bool named = false;
  {
    const Interference slow([&](Call call, const std::filesystem::path& of) {
      if (call != Call::sync || of.filename() != path.filename().string() + ".tmp") return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(50 * (rank_ + 1)));
      named = named || std::filesystem::exists(path);
      ++syncs;
      return false;
    });
    write(1);
  }
  EXPECT_EQ(syncs, 2);  // what was written, and what closing it wrote
  EXPECT_FALSE(named);
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace gridtally::merged
