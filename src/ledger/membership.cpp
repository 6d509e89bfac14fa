#include "ledger/membership.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "ledger/block.hpp"

namespace gridtally::ledger {
namespace {

bool has_duplicate(std::vector<PublicKey> keys) {
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

std::uint32_t read_index(ByteReader& reader, std::size_t known) {
  const std::uint32_t index = reader.u32();
  if (index >= known) {
    reader.fail("validator " + std::to_string(index) + " of " + std::to_string(known));
  }
  return index;
}

std::vector<PublicKey> read_keys(ByteReader& reader) {
  std::vector<PublicKey> keys(reader.count(32));
  for (PublicKey& key : keys) key.bytes = reader.array<32>();
  if (has_duplicate(keys)) reader.fail("a validator's key stands twice");
  return keys;
}

std::vector<std::uint32_t> read_members(ByteReader& reader, std::size_t known) {
  std::vector<std::uint32_t> members(reader.count(4));
  for (std::size_t i = 0; i < members.size(); ++i) {
    members[i] = read_index(reader, known);
    if (i > 0 && members[i] <= members[i - 1]) reader.fail("members are not in ascending order");
  }
  return members;
}

std::set<Membership::Pending> read_pending(ByteReader& reader, const Membership& members) {
  std::set<Membership::Pending> votes;
  for (std::size_t left = reader.count(36); left > 0; --left) {
    Membership::Pending vote;
    vote.candidate.bytes = reader.array<32>();
    vote.voter = reader.u32();
    if (!members.is_active(vote.voter)) {
      reader.fail("a vote by validator " + std::to_string(vote.voter) + ", who is no member");
    }
    if (!votes.empty() && vote <= *votes.rbegin()) reader.fail("votes are not in ascending order");
    votes.insert(votes.end(), vote);
  }
  return votes;
}

std::deque<std::uint32_t> read_recent(ByteReader& reader, const Membership& members) {
  const std::size_t count = reader.count(4);
  if (count > members.active().size() / 2 || count > members.height()) {
    reader.fail(std::to_string(count) + " recent proposers among " +
                std::to_string(members.active().size()) + " members at height " +
                std::to_string(members.height()));
  }
  std::deque<std::uint32_t> recent(count);
  for (std::uint32_t& proposer : recent) proposer = read_index(reader, members.known().size());
  return recent;
}

void write_list(ByteWriter& writer, const auto& list, auto&& write) {
  writer.u32(static_cast<std::uint32_t>(list.size()));
  for (const auto& element : list) write(element);
}

}  // namespace

Membership::Membership(std::vector<PublicKey> validators, std::uint64_t epoch)
    : epoch_(epoch), known_(std::move(validators)), active_(known_.size()) {
  if (epoch_ == 0) throw Error("an epoch of 0 blocks; votes lapse every epoch, give 1 or more");
  if (has_duplicate(known_)) throw Error("two validators with the same key");
  std::iota(active_.begin(), active_.end(), 0U);
}

bool Membership::is_active(std::uint32_t validator) const {
  return std::binary_search(active_.begin(), active_.end(), validator);
}

std::optional<std::uint32_t> Membership::find(const PublicKey& key) const {
  const auto found = std::find(known_.begin(), known_.end(), key);
  if (found == known_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - known_.begin());
}

std::uint32_t Membership::size() const {
  if (active_.empty()) {
    throw Error("no validator is left after block " + std::to_string(height_) +
                "; the last one was voted out");
  }
  return static_cast<std::uint32_t>(active_.size());
}

std::uint32_t Membership::quorum() const { return ledger::quorum(size()); }

std::uint32_t Membership::tolerated() const { return (size() - 1) / 3; }

void Membership::require_open(std::uint64_t height) const {
  if (height > height_) return;
  throw Error("who may propose block " + std::to_string(height) +
              " asked of the membership after block " + std::to_string(height_));
}

std::uint32_t Membership::proposer(std::uint64_t height, std::uint32_t round) const {
  const std::uint32_t members = size();
  std::vector<std::uint32_t> eligible;
  for (std::uint32_t i = 0; i < members; ++i) {
    const std::uint32_t next = active_[(height % members + i) % members];
    if (!signed_recently(next, height)) eligible.push_back(next);
  }
  return eligible[round % eligible.size()];
}

bool Membership::signed_recently(std::uint32_t validator, std::uint64_t height) const {
  require_open(height);
  const std::uint64_t open = height - height_ - 1;  // blocks of the window still to come
  const std::uint64_t window = active_.size() / 2;
  if (open >= window) return false;
  const auto closed =
      std::min<std::ptrdiff_t>(std::ssize(recent_), static_cast<std::ptrdiff_t>(window - open));
  return std::find(recent_.end() - closed, recent_.end(), validator) != recent_.end();
}

void Membership::cast(std::uint32_t voter, const PublicKey& candidate, bool add) {
  if (!is_active(voter)) return;
  const std::optional<std::uint32_t> index = find(candidate);
  const bool member = index && is_active(*index);
  pending_.erase({candidate, voter});
  if (add != member) pending_.insert({candidate, voter});

  const auto about = [&](const Pending& vote) { return vote.candidate == candidate; };
  const auto votes = std::count_if(pending_.begin(), pending_.end(), about);
  if (votes <= std::ssize(active_) / 2) return;
  if (member) {
    remove(*index);
  } else {
    admit(candidate);
  }
  std::erase_if(pending_, about);
}

void Membership::admit(const PublicKey& candidate) {
  const auto known = static_cast<std::uint32_t>(known_.size());
  const std::uint32_t index = find(candidate).value_or(known);
  if (index == known) known_.push_back(candidate);
  active_.insert(std::lower_bound(active_.begin(), active_.end(), index), index);
}

void Membership::remove(std::uint32_t member) {
  std::erase(active_, member);
  std::erase_if(pending_, [&](const Pending& vote) { return vote.voter == member; });
  shrink_window();
}

void Membership::shrink_window() {
  while (recent_.size() > active_.size() / 2) recent_.pop_front();
}

void Membership::close_block(std::uint64_t height, std::uint32_t proposer) {
  if (height != height_ + 1 || proposer >= known_.size()) {
    throw Error("block " + std::to_string(height) + " of validator " + std::to_string(proposer) +
                " cannot follow block " + std::to_string(height_) + " of " +
                std::to_string(known_.size()) + " known validators");
  }
  height_ = height;
  recent_.push_back(proposer);
  shrink_window();
  if (height % epoch_ == 0) pending_.clear();
}

void Membership::encode(ByteWriter& writer) const {
  const auto write_u32 = [&](std::uint32_t index) { writer.u32(index); };
  writer.u64(epoch_).u64(height_);
  write_list(writer, known_, [&](const PublicKey& key) { writer.raw(key.bytes); });
  write_list(writer, active_, write_u32);
  write_list(writer, pending_,
             [&](const Pending& vote) { writer.raw(vote.candidate.bytes).u32(vote.voter); });
  write_list(writer, recent_, write_u32);
}

Membership Membership::decode(ByteReader& reader) {
  Membership read;
  read.epoch_ = reader.u64();
  if (read.epoch_ == 0) reader.fail("an epoch of 0 blocks");
  read.height_ = reader.u64();
  read.known_ = read_keys(reader);
  read.active_ = read_members(reader, read.known_.size());
  read.pending_ = read_pending(reader, read);
  read.recent_ = read_recent(reader, read);
  return read;
}

}  // namespace gridtally::ledger
