#include "cluster/vote_records.hpp"

#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

namespace gridtally::cluster {

namespace {

constexpr std::uint64_t largest_file = 4U << 20U;  // bytes
constexpr std::size_t digest_size = 32;

ledger::Bytes frame(std::uint32_t validator, ledger::ByteView record) {
  ledger::ByteWriter out;
  out.u32(static_cast<std::uint32_t>(record.size())).u32(validator).raw(record);
  const auto digest = ledger::sha256(out.bytes());
  return out.raw(digest).take();
}

constexpr std::string_view prefix = "votes-";
constexpr std::string_view suffix = ".record";

// The life in "votes-<life>-<rank>.record"; 0 for any other name.
std::uint32_t life_of(std::string_view name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return 0;
  name.remove_prefix(prefix.size());
  std::uint32_t life = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), life);
  const bool whole = error == std::errc{} && end != name.data() + name.size() && *end == '-';
  return whole ? life : 0;
}

struct Found {
  std::uint32_t life = 0;
  std::filesystem::path path;
};
std::vector<Found> files_in(const std::filesystem::path& folder) {
  std::vector<Found> files;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    const auto life = life_of(entry.path().filename().string());
    if (life > 0) files.push_back({life, entry.path()});
  }
  return files;
}

}  // namespace

VoteRecords::VoteRecords(std::filesystem::path path, Records known)
    : path_(std::move(path)), last_(std::move(known)) {
  std::filesystem::remove(path_);
  if (!last_.empty()) begin_anew();
}

ledger::Bytes VoteRecords::last(std::uint32_t validator) const {
  const auto found = last_.find(validator);
  return found == last_.end() ? ledger::Bytes{} : found->second;
}

// A file that holds the last records alone replaces the old one in one step.
void VoteRecords::begin_anew() {
  file_.reset();
  ledger::Bytes bytes;
  for (const auto& [validator, record] : last_) {
    const auto one = frame(validator, record);
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  write_file_durably(path_, bytes, 0600);
  file_ = File::open_append(path_);
  size_ = 0;
}

void VoteRecords::append(std::uint32_t validator, ledger::ByteView record) {
  last_[validator].assign(record.begin(), record.end());
  if (!file_ || size_ > largest_file) return begin_anew();
  const auto bytes = frame(validator, record);
  file_->write(bytes);
  size_ += bytes.size();
}

void VoteRecords::sync() {
  if (file_) file_->sync_data();
}

// A write that a crash cut off follows the last whole frame at most.
VoteRecords::Records read_vote_records(const std::filesystem::path& path) {
  VoteRecords::Records records;
  const auto content = read_file(path);
  ledger::ByteView bytes(content);
  while (bytes.size() >= 8 + digest_size) {
    ledger::ByteReader in(bytes, "vote records");
    const std::size_t size = in.u32();
    if (size > bytes.size() - 8 - digest_size) break;
    const auto validator = in.u32();
    const auto record = in.raw(size);
    const auto digest = in.array<digest_size>();
    if (ledger::sha256(bytes.first(8 + size)) != digest) break;
    records[validator].assign(record.begin(), record.end());
    bytes = bytes.subspan(8 + size + digest_size);
  }
  return records;
}

std::string vote_records_name(std::uint32_t life, int rank) {
  std::string name(prefix);
  name += std::to_string(life) + "-" + std::to_string(rank);
  return name.append(suffix);
}

EarlierVotes read_earlier_votes(const std::filesystem::path& folder) {
  EarlierVotes all;
  for (const auto& file : files_in(folder)) {
    for (auto& [validator, record] : read_vote_records(file.path)) {
      merge(all, validator, {file.life, std::move(record)});
    }
  }
  return all;
}

void merge(EarlierVotes& all, std::uint32_t validator, EarlierVote vote) {
  auto& known = all[validator];
  if (known.life < vote.life) known = std::move(vote);
}

void remove_earlier_votes(const std::filesystem::path& folder, std::uint32_t life) {
  for (const auto& file : files_in(folder)) {
    if (file.life < life) std::filesystem::remove(file.path);
  }
}

}  // namespace gridtally::cluster
