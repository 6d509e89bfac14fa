#include "cluster/vote_records.hpp"

#include <utility>

namespace gridtally::cluster {

namespace {

constexpr std::uint64_t largest_file = 4U << 20U;  // bytes

ledger::Bytes frame(ledger::ByteView record) {
  ledger::ByteWriter out;
  out.blob(record);
  const auto digest = ledger::sha256(out.bytes());
  return out.raw(digest).take();
}

// The last frame whose digest is right; a write that a crash cut off follows it at most.
std::optional<ledger::Bytes> last_frame(ledger::ByteView bytes) {
  std::optional<ledger::Bytes> last;
  constexpr std::size_t digest_size = 32;
  while (bytes.size() >= 4 + digest_size) {
    ledger::ByteReader in(bytes, "vote record");
    const std::size_t size = in.u32();
    if (size > bytes.size() - 4 - digest_size) break;
    const auto record = in.raw(size);
    const auto digest = in.array<digest_size>();
    if (ledger::sha256(bytes.first(4 + size)) != digest) break;
    last.emplace(record.begin(), record.end());
    bytes = bytes.subspan(4 + size + digest_size);
  }
  return last;
}

}  // namespace

VoteRecord::VoteRecord(std::filesystem::path path) : path_(std::move(path)) {
  if (std::filesystem::exists(path_)) last_ = last_frame(read_file(path_));
  begin_anew();
}

// A file that holds the last record alone replaces the old one in one step.
void VoteRecord::begin_anew() {
  file_.reset();
  const auto bytes = last_ ? frame(*last_) : ledger::Bytes{};
  write_file_durably(path_, bytes, 0600);
  file_ = File::open_append(path_);
  size_ = bytes.size();
}

void VoteRecord::append(ledger::ByteView record) {
  last_.emplace(record.begin(), record.end());
  if (size_ > largest_file) return begin_anew();
  const auto bytes = frame(record);
  file_->write(bytes);
  size_ += bytes.size();
}

void VoteRecord::sync() { file_->sync_data(); }

std::string vote_record_name(std::uint32_t validator) {
  return "validator-" + std::to_string(validator) + ".record";
}

}  // namespace gridtally::cluster
