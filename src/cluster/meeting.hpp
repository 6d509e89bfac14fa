#pragma once

#include <mpi.h>

#include <vector>

namespace gridtally::cluster {

/// Ranks that wait for one another while they do something else, again and again. All tell rank 0,
/// which tells all: two ways over a slow link. MPI_Ibarrier takes 2 log2 R of them, between ranks
/// that may both stand behind one and have never talked before.
class Meeting {
 public:
  /// The communicator must outlive it; no other Meeting may use it at the same time.
  explicit Meeting(MPI_Comm ranks);

  /// True once every rank has called this since it last was true; call it again and again.
  bool all_are_here();

 private:
  void begin();
  void let_go();
  bool is_done();

  MPI_Comm ranks_;
  int rank_ = 0;
  int count_ = 1;
  bool begun_ = false;
  bool waits_for_all_ = false;  ///< rank 0, before it tells all
  std::vector<MPI_Request> requests_;
};

}  // namespace gridtally::cluster
