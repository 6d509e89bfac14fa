// The batch QP kernel, for W days side by side (README). Included once by each kernel_W.cpp.
//
//   cold: interior point, then a polish with the active set that it points at; where that does not
//         hold, the interior point goes on to its own limit.
//   warm: the active set of the point given, repaired.
#pragma once

#include "qp/kernel_active.hpp"
#include "qp/kernel_interior.hpp"
#include "qp/kernel_load.hpp"

namespace gridtally::qp::kernel {
namespace {

template <int W>
Work<W> work_of(const Batch& batch) {
  auto* slots = static_cast<Slot<W>*>(batch.memory);
  return {slots, reinterpret_cast<Whole<W>*>(slots + batch.slots), batch.slots};
}

template <int W>
std::size_t workspace(std::size_t slots) {
  return slots * sizeof(Slot<W>) + sizeof(Whole<W>);
}

template <int W, Mode mode>
class Kernel : Arithmetic<W> {
  using A = Arithmetic<W>;
  using V = typename A::V;
  using M = typename A::M;
  using A::any;

 public:
  explicit Kernel(const Batch& batch)
      : batch_(batch), work_(work_of<W>(batch)), loader_(batch, work_), newton_(work_) {}

  void warm() {
    constexpr int most_rounds = 8;
    loader_.load();
    const M known = loader_.load_points();
    if (!any(known)) return;
    ActiveSet<W, mode> set(work_, newton_);
    const M solved = set.run(known, most_rounds, rounds_);
    loader_.store_active(solved);
    report(solved, Route::active_set);
    report(loader_.filled() & ~solved, Route::none);
  }

  void cold() {
    loader_.load();
    Interior<W, mode> interior(work_, newton_);
    interior.start();
    if constexpr (mode == Mode::linear) {
      finish_interior(interior, loader_.filled(), 1e-12);
      return;
    }
    // Polished early; what does not take it goes on, and is polished once more at the end.
    M left = loader_.filled();
    for (const double goal : {1e-7, 1e-10}) {
      const M ready = approach(interior, left, goal);
      left &= ~polish(ready);
      if (!any(left)) return;
    }
    left &= ~polish(finish_interior(interior, left, 1e-16));
  }

 private:
  static constexpr int limit = 60;

  // Interior-point rounds until every lane of `lanes` is near its solution; returns those that are.
  M approach(Interior<W, mode>& interior, M lanes, double goal) {
    interior.revive(lanes);
    M ready{};
    for (int round = 0;; ++round) {
      ready |= interior.measure(goal, goal);
      if (!interior.any_alive() || round == limit) return ready;
      count(interior);
      interior.step(goal);
    }
  }

  M polish(M lanes) {
    constexpr int most_rounds = 8;
    if (!any(lanes)) return lanes;
    ActiveSet<W, mode> set(work_, newton_);
    set.take(lanes);
    const M solved = set.run(lanes, most_rounds, rounds_);
    loader_.store_active(solved);
    report(solved, Route::polished);
    return solved;
  }

  // The interior point as near as rounding lets it, for lanes whose active set does not hold.
  M finish_interior(Interior<W, mode>& interior, M lanes, double goal) {
    constexpr int patience = 20;  // rounds after which accuracy that rounding denies is given up
    interior.revive(lanes);
    M ready{};
    for (int round = 0;; ++round) {
      if (round > 2 * patience && goal < 1e-10) goal *= 4.0;
      ready |= interior.measure(round <= patience       ? 1e-12
                                : round <= 2 * patience ? 1e-11
                                                        : 1e-9,
                                goal);
      if (!interior.any_alive() || round == limit) break;
      count(interior);
      interior.step(goal);
    }
    ready |= interior.alive() & interior.within(1e-7, 1e-9);
    loader_.store_interior(ready);
    report(ready, Route::interior);
    return ready;
  }

  void count(const Interior<W, mode>& interior) {
    iterations_ += A::pick(interior.alive(), A::broadcast(1.0), V{});
  }

  void report(M lanes, Route route) {
    for (int i = 0; i < W; ++i) {
      if (lanes[i] == 0) continue;
      batch_.outcome[i] = {route, static_cast<int>(iterations_[i]), static_cast<int>(rounds_[i])};
    }
  }

  const Batch& batch_;
  Work<W> work_;
  Loader<W, mode> loader_;
  Newton<W, mode> newton_;
  V iterations_{}, rounds_{};
};

template <int W>
void warm(const Batch& batch) {
  if (batch.mode == Mode::proximal) return Kernel<W, Mode::proximal>(batch).warm();
  if (batch.mode == Mode::fixed) return Kernel<W, Mode::fixed>(batch).warm();
}

template <int W>
void cold(const Batch& batch) {
  if (batch.mode == Mode::proximal) return Kernel<W, Mode::proximal>(batch).cold();
  if (batch.mode == Mode::fixed) return Kernel<W, Mode::fixed>(batch).cold();
  Kernel<W, Mode::linear>(batch).cold();
}

}  // namespace
}  // namespace gridtally::qp::kernel
