#include "cluster/post.hpp"

#include <sched.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "cluster/tags.hpp"

namespace gridtally::cluster {

namespace {

constexpr std::size_t most_under_way = 32;                    // letters to one receiver
constexpr std::size_t most_waiting = std::size_t{64} << 20U;  // bytes for one receiver
constexpr unsigned yields = 64;                               // before the first sleep
constexpr std::chrono::microseconds shortest_sleep{20};
constexpr std::chrono::microseconds usual_sleep{1000};  // at most, in a short wait
constexpr std::chrono::milliseconds longest_sleep{8};   // at most, in a long one
constexpr int share_of_wait = 32;                       // 1/32 of the wait so far: its cost in time
constexpr std::chrono::microseconds moving_sleep{50};   // at most, while letters are under way ...
constexpr std::chrono::seconds moving_wait{1};  // ... and for so long: a rank may be stopped

bool is_done(MPI_Request& request) {
  int done = 0;
  MPI_Test(&request, &done, MPI_STATUS_IGNORE);
  return done != 0;
}

}  // namespace

Post::Post(MPI_Comm ranks) : comm_(ranks), meeting_(ranks) {
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &ranks_);
  arriving_.resize(static_cast<std::size_t>(ranks_));
  outboxes_.resize(static_cast<std::size_t>(ranks_));
}

void Post::send(int to, Contents contents) {
  if (contents->size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error("a letter of " + std::to_string(contents->size()) +
                " bytes between ranks is beyond MPI's 2 GiB: use more meters");
  }
  Outbox& box = outboxes_[static_cast<std::size_t>(to)];
  box.waiting_bytes += contents->size();
  box.waiting.push_back(std::move(contents));
  while (box.waiting.size() > 1 && box.waiting_bytes > most_waiting) {
    box.waiting_bytes -= box.waiting.front()->size();
    box.waiting.pop_front();
  }
  dispatch(to);
}

void Post::dispatch(int to) {
  Outbox& box = outboxes_[static_cast<std::size_t>(to)];
  while (!box.under_way.empty() && is_done(box.under_way.front().request)) {
    box.under_way.pop_front();
  }
  while (!box.waiting.empty() && box.under_way.size() < most_under_way) {
    Sending& out = box.under_way.emplace_back();
    out.contents = std::move(box.waiting.front());
    box.waiting.pop_front();
    box.waiting_bytes -= out.contents->size();
    traffic_.sent_of(kind_of(*out.contents)).add(1, out.contents->size());
    MPI_Isend(out.contents->data(), static_cast<int>(out.contents->size()), MPI_BYTE, to,
              letter_tag, comm_, &out.request);
  }
}

bool Post::all_sent() const {
  return std::all_of(outboxes_.begin(), outboxes_.end(),
                     [](const Outbox& box) { return box.under_way.empty(); });
}

bool Post::all_arrived() const {
  return std::all_of(arriving_.begin(), arriving_.end(),
                     [](const auto& queue) { return queue.empty(); });
}

// Large letters arrive in pieces: a sender that is stopped half-way must not hold this rank up.
void Post::match() {
  for (;;) {
    int found = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    MPI_Improbe(MPI_ANY_SOURCE, letter_tag, comm_, &found, &message, &status);
    if (found == 0) return;
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    auto& queue = arriving_[static_cast<std::size_t>(status.MPI_SOURCE)];
    Arriving& in = queue.emplace_back();
    in.letter.from = status.MPI_SOURCE;
    in.letter.bytes.resize(static_cast<std::size_t>(size));
    MPI_Imrecv(in.letter.bytes.data(), size, MPI_BYTE, &message, &in.request);
  }
}

void Post::release() {
  for (int to = 0; to < ranks_; ++to) {
    if (!outboxes_[static_cast<std::size_t>(to)].under_way.empty()) dispatch(to);
  }
}

std::optional<Post::Letter> Post::receive() {
  if (arrived_.empty()) {
    release();
    match();
    for (auto& queue : arriving_) {
      while (!queue.empty() && is_done(queue.front().request)) {
        const auto& bytes = queue.front().letter.bytes;
        traffic_.received_of(kind_of(bytes)).add(1, bytes.size());
        arrived_.push_back(std::move(queue.front().letter));
        queue.pop_front();
      }
    }
  }
  if (arrived_.empty()) return std::nullopt;
  Letter letter = std::move(arrived_.front());
  arrived_.pop_front();
  return letter;
}

// Sleeps that grow with the wait cost it little time, and a core still less. MPI moves a large
// letter a few pieces at each call, and many letters a few at a time: until they have come through,
// both ends must call often.
void Post::rest(std::chrono::steady_clock::time_point until) {
  const auto now = std::chrono::steady_clock::now();
  if (idle_ == 0) idle_since_ = now;
  if (++idle_ <= yields) {
    ::sched_yield();
    return;
  }
  const auto waited = now - idle_since_;
  const bool moving = waited < moving_wait && !(all_sent() && all_arrived());
  const std::chrono::nanoseconds most =
      moving ? moving_sleep
             : std::clamp<std::chrono::nanoseconds>(waited / share_of_wait, usual_sleep,
                                                    longest_sleep);
  const auto wish = std::min<std::chrono::nanoseconds>(
      most, shortest_sleep * (1U << std::min(9U, (idle_ - yields) / 8)));
  const auto left = until - now;
  if (left.count() > 0) std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(wish, left));
}

bool Post::everyone_is_here() { return meeting_.all_are_here(); }

void Post::close() {
  const auto forever = std::chrono::steady_clock::time_point::max();
  while (!all_sent()) {
    if (!receive()) rest(forever);
  }
  while (!everyone_is_here()) {
    if (!receive()) rest(forever);
  }
}

}  // namespace gridtally::cluster
