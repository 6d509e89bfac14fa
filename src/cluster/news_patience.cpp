#include "cluster/news_patience.hpp"

#include <algorithm>
#include <utility>

namespace gridtally::cluster {

NewsPatience::NewsPatience(int usual, int sources, Clock::time_point now)
    : usual_(usual), sources_(sources), source_(usual), since_(now) {}

void NewsPatience::note_block(int from, Clock::time_point now) {
  if (from != usual_) patience_ = std::max(least, patience_ / 2);
  source_ = from;
  since_ = now;
  until_asking_ = patience_;
  is_doubled_ = false;
  has_asked_ = false;
}

void NewsPatience::note_doubled() {
  if (std::exchange(is_doubled_, true)) return;
  patience_ = std::min(most, 2 * patience_);
}

std::optional<int> NewsPatience::ask(Clock::time_point now) {
  if (now < since_ + until_asking_) return std::nullopt;
  since_ = now;
  until_asking_ = std::min(most, 2 * until_asking_);
  return ask_another();
}

// First who gave the block before, where the usual one did not.
int NewsPatience::ask_another() {
  if (has_asked_ || source_ == usual_) source_ = (source_ + 1) % sources_;
  has_asked_ = true;
  return source_;
}

}  // namespace gridtally::cluster
