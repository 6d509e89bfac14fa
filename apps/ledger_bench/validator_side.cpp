#include "ledger_bench/validator_side.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/stopwatch.hpp"
#include "cluster/letter.hpp"
#include "ledger_bench/community.hpp"

namespace gridtally::ledger_bench {

using cluster::Subject;

namespace {

constexpr std::uint64_t blocks_kept = 16;
constexpr int letters_in_a_row = 64;  // before timers and proposals are looked at

std::vector<ledger::SecretKey> keys_at(const cluster::Layout& layout, int rank) {
  std::vector<ledger::SecretKey> keys;
  const auto [first, count] = layout.validators_of(rank);
  for (std::uint32_t v = first; v < first + count; ++v) {
    keys.push_back(key_of(ledger::Role::validator, v));
  }
  return keys;
}

// Each step is a run of its own: the records of the one before are of no use to it.
std::optional<cluster::VoteRecords> records_at(const std::filesystem::path& folder, int rank) {
  if (folder.empty()) return std::nullopt;
  std::filesystem::create_directories(folder);
  return cluster::VoteRecords(folder / cluster::vote_records_name(1, rank));
}

cluster::Patience patience(std::uint32_t deadline) {
  return {{}, std::chrono::milliseconds(deadline)};
}

// Processor time of one signature, measured here [s].
double signature_time(const ledger::SecretKey& key) {
  constexpr int times = 200;
  const ledger::Bytes message(100);
  double seconds = 0.0;
  {
    const CpuStopwatch signing(seconds);
    for (int i = 0; i < times; ++i) static_cast<void>(key.sign(message));
  }
  return seconds / times;
}

}  // namespace

ValidatorSide::ValidatorSide(const ledger::Genesis& genesis, const cluster::Layout& layout,
                             cluster::Post& post, const Conduct& conduct)
    : layout_(layout),
      post_(post),
      executor_(genesis, verifier_),
      keys_(keys_at(layout, post.rank())),
      host_(executor_, consensus::first_position(genesis), layout, post, keys_,
            records_at(conduct.records, post.rank()), patience(conduct.deadline), faults_) {}

void ValidatorSide::run() {
  host_.start();
  while (!ended_) {
    bool busy = take_letters();
    busy |= host_.tick(cluster::Clock::now());
    take_commits();
    static_cast<void>(host_.take_evidence());
    busy ? post_.stir() : rest();
  }
}

bool ValidatorSide::take_letters() {
  int taken = 0;
  while (taken < letters_in_a_row && !ended_) {
    std::optional<cluster::Post::Letter> letter;
    {
      const CpuStopwatch receiving(receiving_);
      letter = post_.receive();
    }
    if (!letter) break;
    ++taken;
    const auto opened = cluster::open(letter->bytes);
    if (opened.subject == Subject::halt) ended_ = true;
    if (opened.subject == Subject::transaction) host_.add_transaction(opened.body);
    if (opened.subject != Subject::consensus) continue;
    std::optional<ledger::Message> message;
    {
      const CpuStopwatch decoding(decoding_);
      message = ledger::decode_message(opened.body);
    }
    take(*message, letter->from);
  }
  return taken > 0;
}

void ValidatorSide::take(const ledger::Message& message, int from) {
  const auto* request = std::get_if<ledger::Request>(&message);
  if (request == nullptr) return host_.receive(message, from);
  for (auto height = request->height; const auto block = store_.find(height); ++height) {
    post_.send(from, block);
  }
}

void ValidatorSide::take_commits() {
  const int meters = layout_.ranks() - 1;
  for (const auto& [committed, after] : host_.take_commits()) {
    const std::uint64_t height = committed->block.header.turn.height;
    const CpuStopwatch encoding(decoding_);
    const auto contents = cluster::letter(ledger::Message(committed));
    store_.add(height, contents);
    if (height > blocks_kept) store_.forget(height - blocks_kept);
    if (post_.rank() == 0) post_.send(meters, contents);
  }
}

void ValidatorSide::rest() {
  const CpuStopwatch resting(receiving_);
  post_.rest(std::min(host_.next_alarm(), cluster::Clock::now() + std::chrono::milliseconds(100)));
}

Shares ValidatorSide::shares() const {
  const auto& times = host_.times();
  Shares shares;
  shares.transaction_signatures = times.transaction_signatures;
  shares.vote_signatures = verifier_.seconds() - times.transaction_signatures;
  shares.signing = static_cast<double>(times.signed_words) * signature_time(keys_.front());
  shares.execution = executor_.seconds();
  shares.codec = decoding_ + times.encoding;
  shares.records = times.records;
  shares.post = receiving_ + times.sending;
  return shares;
}

}  // namespace gridtally::ledger_bench
