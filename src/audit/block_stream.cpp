#include "audit/block_stream.hpp"

#include <utility>

namespace gridtally::audit {

KeptResult kept_result(archive::ArchiveReader& reader, std::uint32_t day) {
  KeptResult kept;
  const auto faults = reader.faults().size();
  kept.result = reader.result(day);
  if (reader.faults().size() > faults) kept.fault = reader.faults().back();
  return kept;
}

BlockStream::BlockStream(archive::ArchiveReader& reader, std::size_t batch_size, std::size_t most)
    : reader_(reader), batch_size_(batch_size), most_(most), thread_([this] { read(); }) {}

BlockStream::~BlockStream() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

std::unique_ptr<Batch> BlockStream::next(std::unique_ptr<Batch> done) {
  std::unique_lock lock(mutex_);
  if (done != nullptr) {
    std::swap(done_, done);
    if (done != nullptr) --alive_;  // one that the reader has not come to yet
    done = nullptr;
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return ready_ != nullptr || ended_; });
  if (ready_ == nullptr && failure_) std::rethrow_exception(failure_);
  auto batch = std::move(ready_);
  lock.unlock();
  changed_.notify_all();
  return batch;
}

void BlockStream::read() {
  std::exception_ptr failure;
  try {
    for (bool wanted = true; wanted && make_room();) {
      auto batch = read_batch();
      wanted = batch != nullptr && offer(std::move(batch));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  const std::scoped_lock lock(mutex_);
  failure_ = failure;
  ended_ = true;
  changed_.notify_all();
}

/// Waits until one more batch may be there; false when nobody wants it.
bool BlockStream::make_room() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (auto done = std::move(done_)) {
      lock.unlock();
      done.reset();
      lock.lock();
      --alive_;
    } else if (alive_ < most_) {
      ++alive_;
      return true;
    } else {
      changed_.wait(lock);
    }
  }
  return false;
}

/// False when nobody wants any more.
bool BlockStream::offer(std::unique_ptr<Batch> batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_ == nullptr || stopped_; });
  if (stopped_) return false;
  ready_ = std::move(batch);
  lock.unlock();
  changed_.notify_all();
  return true;
}

std::unique_ptr<Batch> BlockStream::read_batch() {
  auto batch = std::make_unique<Batch>();
  while (batch->blocks.size() < batch_size_) {
    auto block = reader_.next();
    if (!block) break;
    batch->blocks.push_back(std::move(*block));
    batch->days.push_back(reader_.thinned());
    keep_result(batch->blocks.back().block.header, *batch);
    if (batch->may_change_keys()) break;
  }
  return batch->blocks.empty() ? nullptr : std::move(batch);
}

/// While the day's segment is open. Once a day, whatever the blocks claim.
void BlockStream::keep_result(const ledger::Header& header, Batch& batch) {
  if (!header.settled || header.turn.day != days_) return;
  batch.results.emplace(days_++, kept_result(reader_, header.turn.day));
}

}  // namespace gridtally::audit
