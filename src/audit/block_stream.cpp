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

BlockStream::BlockStream(archive::ArchiveReader& reader, std::size_t batch_size)
    : reader_(reader), batch_size_(batch_size), thread_([this] { read(); }) {}

BlockStream::~BlockStream() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

std::unique_ptr<Batch> BlockStream::next(std::unique_ptr<Batch> done) {
  std::unique_lock lock(mutex_);
  std::swap(done_, done);  // one that the reader has not come to yet is freed here
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
    for (bool wanted = true; wanted;) {
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

/// False when nobody wants any more.
bool BlockStream::offer(std::unique_ptr<Batch> batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_ == nullptr || stopped_; });
  if (stopped_) return false;
  ready_ = std::move(batch);
  const auto done = std::move(done_);
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
