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
         std::to_string(wreck.evidence);
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
  auto& count = note.path.starts_with("block") ? wreck.blocks : wreck.evidence;
  count = std::max<std::uint64_t>(count, std::stoul(note.path.substr(blank)));
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
  if (found.blocks != script_.blocks || found.evidence != script_.evidence.size()) {
    throw Error("the uninterrupted run reads back as " + std::to_string(found.blocks) +
                " blocks and " + std::to_string(found.evidence) + " pieces of evidence");
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

Wreck Checker::wreck() const {
  return {stage_.tree(), stage_.board().acknowledged, stage_.board().evidence};
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
    crash_note(read_note);
    write_script(script_, stage_.folder(), Start::resume, board);
  });
  if (board.blocks_read < wreck.blocks) lost_ += wreck.blocks - board.blocks_read;
  if (board.blocks_read < wreck.blocks || board.evidence_read < wreck.evidence) {
    return std::to_string(wreck.blocks) + " blocks and " + std::to_string(wreck.evidence) +
           " pieces of evidence were acknowledged, " + std::to_string(board.blocks_read) + " and " +
           std::to_string(board.evidence_read) + " are there; " + describe(ended);
  }
  if (!ended.done()) return describe(ended);
  const auto different = difference(finished_, stage_.tree());
  return different.empty() ? "" : "resumed to another archive: " + different;
}

}  // namespace gridtally::crash
