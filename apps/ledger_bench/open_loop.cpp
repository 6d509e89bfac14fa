#include "ledger_bench/open_loop.hpp"

#include <cmath>
#include <numeric>

namespace gridtally::ledger_bench {

OpenLoop::OpenLoop(double rate, Span span, std::uint32_t meters)
    : rate_(rate),
      span_(span),
      count_(static_cast<std::uint64_t>(std::ceil(rate * (span.warm_up + span.measured)))),
      free_(meters),
      due_(meters) {
  std::iota(free_.begin(), free_.end(), 0U);
}

std::optional<std::uint32_t> OpenLoop::next(double now) {
  if (sent_ == count_ || free_.empty() || due(sent_) > now) return std::nullopt;
  const std::uint32_t meter = free_.front();
  free_.pop_front();
  due_[meter] = due(sent_++);
  return meter;
}

std::optional<double> OpenLoop::next_due() const {
  if (sent_ == count_) return std::nullopt;
  return due(sent_);
}

bool OpenLoop::is_measured(double now) const {
  return now >= span_.warm_up && now < span_.warm_up + span_.measured;
}

void OpenLoop::confirm(std::uint32_t meter, double now) {
  if (!due_[meter]) return;
  if (is_measured(now)) ++confirmed_;
  if (is_measured(*due_[meter])) delays_.push_back(1e3 * (now - *due_[meter]));
  due_[meter].reset();
  free_.push_back(meter);
}

std::vector<double> OpenLoop::delays(double now) const {
  std::vector<double> all = delays_;
  for (const auto& due : due_) {
    if (due && is_measured(*due)) all.push_back(1e3 * (now - *due));
  }
  for (std::uint64_t i = sent_; i < count_; ++i) {
    if (is_measured(due(i))) all.push_back(1e3 * (now - due(i)));
  }
  return all;
}

std::uint64_t OpenLoop::unconfirmed() const {
  return count_ - sent_ + (due_.size() - free_.size());
}

double OpenLoop::confirmed_rate() const { return static_cast<double>(confirmed_) / span_.measured; }

}  // namespace gridtally::ledger_bench
