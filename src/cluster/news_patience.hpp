#pragma once

#include <chrono>
#include <optional>

#include "cluster/alarms.hpp"

namespace gridtally::cluster {

/// When a rank of meters that hears nothing asks for its next block, and which rank of validators.
/// It waits for `patience`, then asks one after another, each time after twice as long. Behind a
/// slow link a block that is asked for is mostly under way already and comes twice: that doubles
/// the patience. Where a block only came by asking it is halved.
class NewsPatience {
 public:
  static constexpr std::chrono::milliseconds least{1000};
  static constexpr std::chrono::milliseconds most{32000};

  /// `usual`: who sends blocks unasked, one of `sources`, the first ranks.
  NewsPatience(int usual, int sources, Clock::time_point now);

  /// Waits from now on.
  void restart(Clock::time_point now) { since_ = now; }
  /// The next block has come from this rank, and is good.
  void note_block(int from, Clock::time_point now);
  /// A block has come that was here already.
  void note_doubled();
  /// Whom to ask by now, if anybody.
  std::optional<int> ask(Clock::time_point now);
  /// Whom to ask at once, as what somebody sent was wrong.
  int ask_another();

  [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }

 private:
  int usual_;
  int sources_;
  int source_;  ///< who sent the last block, or was asked last
  std::chrono::milliseconds patience_ = least;
  std::chrono::milliseconds until_asking_ = least;
  Clock::time_point since_;
  bool is_doubled_ = false;  ///< a block came twice since the last new one
  bool has_asked_ = false;   ///< for the next block
};

}  // namespace gridtally::cluster
