#include "cluster/meeting.hpp"

#include "cluster/tags.hpp"

namespace gridtally::cluster {

Meeting::Meeting(MPI_Comm ranks) : ranks_(ranks) {
  MPI_Comm_rank(ranks, &rank_);
  MPI_Comm_size(ranks, &count_);
}

bool Meeting::all_are_here() {
  if (!begun_) begin();
  if (!is_done()) return false;
  if (waits_for_all_) {
    let_go();
    if (!is_done()) return false;
  }
  begun_ = false;
  return true;
}

void Meeting::begin() {
  begun_ = true;
  waits_for_all_ = rank_ == 0;
  requests_.clear();
  const auto receive = [&](int from) {
    MPI_Irecv(nullptr, 0, MPI_BYTE, from, meeting_tag, ranks_,
              &requests_.emplace_back(MPI_REQUEST_NULL));
  };
  if (rank_ == 0) {
    for (int other = 1; other < count_; ++other) receive(other);
  } else {
    receive(0);
    MPI_Isend(nullptr, 0, MPI_BYTE, 0, meeting_tag, ranks_,
              &requests_.emplace_back(MPI_REQUEST_NULL));
  }
}

void Meeting::let_go() {
  waits_for_all_ = false;
  requests_.clear();
  for (int other = 1; other < count_; ++other) {
    MPI_Isend(nullptr, 0, MPI_BYTE, other, meeting_tag, ranks_,
              &requests_.emplace_back(MPI_REQUEST_NULL));
  }
}

bool Meeting::is_done() {
  int done = 0;
  MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
  return done != 0;
}

}  // namespace gridtally::cluster
