#pragma once

#include <mpi.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "cluster/meeting.hpp"
#include "cluster/traffic.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::cluster {

/// Letters from rank to rank while a run is alive. Nothing waits: a rank that is stopped holds up
/// no other. Letters of one sender to one receiver arrive in order. Where a receiver is stopped for
/// so long that 64 MiB wait for it, the oldest of them are dropped: whoever sends must be able to
/// say it again when asked.
class Post {
 public:
  using Contents = std::shared_ptr<const ledger::Bytes>;
  struct Letter {
    int from = 0;
    ledger::Bytes bytes;
  };

  /// `ranks` must outlive it, and be no other Post's before or after: the ranks do not close theirs
  /// at the same moment.
  explicit Post(MPI_Comm ranks = MPI_COMM_WORLD);
  ~Post() = default;  ///< close() first
  Post(const Post&) = delete;
  Post& operator=(const Post&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  /// Letters that have left this rank and that have arrived whole, whoever has read them.
  [[nodiscard]] const Traffic& traffic() const { return traffic_; }
  void send(int to, Contents contents);
  /// The next letter that has arrived whole, if any.
  std::optional<Letter> receive();
  /// Call when there was nothing to do: gives the processor away, the longer the more often it is
  /// called in a row, but not beyond `until`.
  void rest(std::chrono::steady_clock::time_point until);
  void stir() { idle_ = 0; }  ///< there was something to do

  /// True once every rank has called this; call it again and again, and receive in between.
  bool everyone_is_here();
  /// Nothing is sent any more: lets letters that nobody will read arrive, and ends. Collective.
  void close();

 private:
  struct Sending {
    MPI_Request request = MPI_REQUEST_NULL;
    Contents contents;
  };
  struct Outbox {
    std::deque<Sending> under_way;
    std::deque<Contents> waiting;
    std::size_t waiting_bytes = 0;
  };
  struct Arriving {
    MPI_Request request = MPI_REQUEST_NULL;
    Letter letter;
  };
  void dispatch(int to);
  [[nodiscard]] bool all_sent() const;
  [[nodiscard]] bool all_arrived() const;
  void match();
  void release();

  MPI_Comm comm_;
  int rank_ = 0;
  int ranks_ = 1;
  std::vector<Outbox> outboxes_;                // by receiver
  std::vector<std::deque<Arriving>> arriving_;  // by sender
  std::deque<Letter> arrived_;
  Meeting meeting_;
  unsigned idle_ = 0;
  std::chrono::steady_clock::time_point idle_since_;
  Traffic traffic_;
};

}  // namespace gridtally::cluster
