#include "crash/checker.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::crash {

namespace {
constexpr const char* read_note = "read";

std::string key_of(const Wreck& wreck, Equal equal) {
  const auto digest =
      digest_of(equal == Equal::bytes ? wreck.tree : without_half_files(wreck.tree));
  return ledger::to_hex(digest) + "/" + std::to_string(wreck.blocks) + "/" +
         std::to_string(wreck.evidence) + "/" + std::to_string(wreck.private_days);
}

std::string counts(std::uint64_t blocks, std::uint64_t evidence, std::uint64_t private_days) {
  return std::to_string(blocks) + " blocks, " + std::to_string(evidence) +
         " pieces of evidence and " + std::to_string(private_days) + " private days";
}

std::uint64_t missing(std::uint64_t acknowledged, std::uint64_t found) {
  return acknowledged > found ? acknowledged - found : 0;
}
}  // namespace

std::string describe(const Ended& ended) {
  if (ended.signal != 0) return "ended by signal " + std::to_string(ended.signal);
  return "status " + std::to_string(ended.status) + ": " + ended.message;
}

void acknowledge(const Operation& note, Wreck& wreck) {
  if (note.call != Call::note) return;
  const auto blank = note.path.find(' ');
  if (blank == std::string::npos) return;
  const std::uint64_t count = std::stoul(note.path.substr(blank));
  if (note.path.starts_with("block")) wreck.blocks = std::max(wreck.blocks, count);
  if (note.path.starts_with("evidence")) wreck.evidence = std::max(wreck.evidence, count);
  if (note.path.starts_with("private")) wreck.private_days = count;  // fewer once it resumes
}

Tree without_half_files(Tree tree) {
  for (auto& [path, bytes] : tree) {
    if (path.ends_with(".h5.tmp")) bytes.emplace();
  }
  return tree;
}

Checker::Checker(Equal equal)
    : equal_(equal), trace_(write_traced(Start::create)), finished_(stage_.tree()) {
  const auto found = read_back(script_, stage_.folder(), false);
  const auto private_days = read_back_private(script_, stage_.folder());
  if (found.blocks != script_.blocks || found.evidence != script_.evidence.size() ||
      private_days != script_.chain.days.size()) {
    throw Error("the uninterrupted run reads back as " +
                counts(found.blocks, found.evidence, private_days));
  }
}

std::vector<Operation> Checker::write_traced(Start start) {
  const auto ended =
      stage_.run_here(true, [&] { write_script(script_, stage_.folder(), start, stage_.board()); });
  if (!ended.done()) throw Error("a run without faults: " + describe(ended));
  return stage_.trace();
}

Ended Checker::write(const Plan& plan, Start start) {
  return stage_.run(plan, [&] { write_script(script_, stage_.folder(), start, stage_.board()); });
}

Wreck Checker::wreck(const Wreck& start) const {
  const auto& board = stage_.board();
  const std::uint64_t private_days = board.private_days;
  return {stage_.tree(), std::max<std::uint64_t>(start.blocks, board.acknowledged),
          std::max<std::uint64_t>(start.evidence, board.evidence),
          private_days > 0 ? private_days - 1 : start.private_days};
}

std::vector<Operation> Checker::trace_of_check() const {
  auto trace = stage_.trace();
  const auto read = std::find_if(trace.begin(), trace.end(),
                                 [](const auto& each) { return each.path == read_note; });
  trace.erase(trace.begin(), read == trace.end() ? read : read + 1);
  return trace;
}

std::string Checker::check(const Wreck& wreck) {
  was_new_ = checked_.insert(key_of(wreck, equal_)).second;
  if (!was_new_) return "";
  stage_.set(wreck.tree);
  const bool may_be_absent = wreck.blocks == 0 && wreck.evidence == 0;
  auto& board = stage_.board();
  const auto ended = stage_.run_here(true, [&] {
    const auto found = read_back(script_, stage_.folder(), may_be_absent);
    board.blocks_read = found.blocks;
    board.evidence_read = found.evidence;
    board.private_read = read_back_private(script_, stage_.folder());
    if (board.private_read < found.sealed_days) {
      throw Error(std::to_string(found.sealed_days) + " days are sealed, " +
                  std::to_string(board.private_read) + " of them are private");
    }
    crash_note(read_note);
    write_script(script_, stage_.folder(), Start::resume, board);
  });
  const auto blocks_lost = missing(wreck.blocks, board.blocks_read);
  const auto private_days_lost = missing(wreck.private_days, board.private_read);
  blocks_lost_ += blocks_lost;
  private_days_lost_ += private_days_lost;
  if (blocks_lost + missing(wreck.evidence, board.evidence_read) + private_days_lost > 0) {
    return counts(wreck.blocks, wreck.evidence, wreck.private_days) + " were acknowledged, " +
           counts(board.blocks_read, board.evidence_read, board.private_read) + " are there; " +
           describe(ended);
  }
  if (!ended.done()) return describe(ended);
  const auto different = difference(finished_, stage_.tree());
  return different.empty() ? "" : "resumed to another archive: " + different;
}

std::string Checker::losses() const {
  return "blocks lost: " + std::to_string(blocks_lost_) +
         ", private days lost: " + std::to_string(private_days_lost_);
}

}  // namespace gridtally::crash
