#include "cluster/take_up_chain.hpp"

#include <utility>

#include "base/error.hpp"
#include "cluster/chain_share.hpp"
#include "cluster/own_words.hpp"
#include "ledger/carried_state.hpp"

namespace gridtally::cluster {

namespace {

// How many of the sealed days need not be solved again.
std::uint32_t restore_meters(std::uint32_t sealed, RunFiles& files, MeterHost& meters) {
  auto standing = files.take_up_private(sealed);
  if (!standing.levels.empty()) meters.restore(std::move(standing.levels));
  return standing.days;
}

// A day whose decisions were left out cannot be solved again: nobody knows what was answered.
std::string not_kept(const RunOutput& output, std::uint32_t day) {
  return "'" + output.archive.string() + "' leaves out decisions of day " + std::to_string(day) +
         " (--iterates), and a private file in '" + output.private_files.string() +
         "' does not reach to its end: put back the private files of this run, or begin anew";
}

Error damaged(const RunOutput& output, const ledger::Fault& fault) {
  return Error("'" + output.archive.string() + "' is damaged: " + describe(fault) +
                   ". The run cannot go on from there: restore it from a copy, or begin anew",
               ExitStatus::unsound);
}

}  // namespace

consensus::SharedPosition take_up_chain(const ledger::Genesis& genesis, const Network& network,
                                        const RunOutput& output, const consensus::Position& first,
                                        RunFiles& files, MeterHost& meters) {
  const auto sealed = files.sealed_days(network);
  std::uint32_t done = 0;
  run_together([&] { done = restore_meters(sealed, files, meters); });
  ledger::Replay replay(genesis);
  OwnWords own(genesis, meters.meters());
  const auto take = [&](const ledger::CommittedBlock& committed,
                        const ledger::ThinnedDay* thinned) {
    const auto& block = committed.block;
    const auto day = block.header.turn.day;
    const bool solves = !meters.empty() && day >= done;
    if (solves && thinned != nullptr) throw InputError(not_kept(output, day));
    const auto before = solves ? replay.state() : ledger::ContractState{};
    auto fault = replay.check(block, thinned);
    if (!fault) fault = own.note(block);
    if (fault) throw damaged(output, *fault);
    archive::PrivateDay settled;
    if (solves) {
      meters.retrace(before, block);
      if (meters.observe(replay.state())) settled = meters.take_day();
    }
    files.take_up(replay.state(), std::move(settled));
  };
  share_chain(network, output.archive, take);
  run_together([&] {
    if (const auto fault = own.check()) throw damaged(output, *fault);
  });
  consensus::Position now = first;
  now.tip = replay.tip();
  now.state = replay.state();
  run_together([&] { files.taken_up(replay.state()); });
  return std::make_shared<const consensus::Position>(std::move(now));
}

}  // namespace gridtally::cluster
