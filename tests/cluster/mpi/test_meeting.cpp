// On any number of ranks.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "cluster/meeting.hpp"

namespace gridtally::cluster {
namespace {

using namespace std::chrono_literals;

// A number that all ranks see; they stand on one machine.
class SharedCount {
 public:
  SharedCount() {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Win_allocate_shared(rank == 0 ? sizeof(int) : 0, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD,
                            &count_, &window_);
    MPI_Aint size = 0;
    int unit = 0;
    MPI_Win_shared_query(window_, 0, &size, &unit, &count_);
    if (rank == 0) *count_ = 0;
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~SharedCount() { MPI_Win_free(&window_); }
  SharedCount(const SharedCount&) = delete;
  SharedCount& operator=(const SharedCount&) = delete;
  void add() { ++std::atomic_ref(*count_); }
  [[nodiscard]] int now() const { return std::atomic_ref(*count_).load(); }

 private:
  int* count_ = nullptr;
  MPI_Win window_ = MPI_WIN_NULL;
};

TEST(Meeting, NobodyGoesOnBeforeTheLastIsHere) {
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  Meeting meeting(MPI_COMM_WORLD);
  SharedCount here;
  std::vector<int> found;
  for (int last = 0; last < ranks; ++last) {
    if (rank == last) std::this_thread::sleep_for(20ms);
    here.add();
    while (!meeting.all_are_here()) std::this_thread::sleep_for(1ms);
    found.push_back(here.now());
  }
  for (int round = 0; round < ranks; ++round) {
    EXPECT_GE(found[static_cast<std::size_t>(round)], (round + 1) * ranks);
  }
}

TEST(Meeting, OneFollowsAnother) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  Meeting meeting(MPI_COMM_WORLD);
  int met = 0;
  for (int round = 0; round < 200; ++round) {
    if (round % 50 == rank) std::this_thread::sleep_for(1ms);
    while (!meeting.all_are_here()) std::this_thread::yield();
    ++met;
  }
  EXPECT_EQ(met, 200);
}

}  // namespace
}  // namespace gridtally::cluster
