#include "report/block_view.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "report/day_table.hpp"

namespace gridtally::report {

namespace {

std::string place_text(const ledger::Turn& turn) {
  const bool trading = turn.phase == ledger::Phase::trading;
  return "day " + std::to_string(turn.day) + ", " + std::string(ledger::name(turn.phase)) +
         (trading ? ", iteration " : ", round ") + std::to_string(turn.iteration);
}

std::string votes_text(const BlockView& block) {
  const auto& certificate = block.committed.certificate;
  std::string text = "  precommits          " + std::to_string(certificate.precommits.size()) +
                     " of " + counted(block.members, "validator") + ", quorum " +
                     std::to_string(ledger::quorum(block.members)) + ", round " +
                     std::to_string(certificate.round) + '\n';
  for (const auto& vote : certificate.precommits) {
    text += "    validator " + std::to_string(vote.validator) + "  " +
            to_hex(vote.signature.bytes).substr(0, 32) + "…\n";
  }
  return text;
}

/// Meters whose decision for this iteration Func A did not have, and which one it used.
struct Late {
  std::uint32_t meter;
  std::uint32_t decided;
};

std::vector<Late> late_meters(const BlockView& block) {
  std::vector<Late> late;
  const auto& state = block.after;
  if (state.turn.phase != ledger::Phase::trading) return late;
  for (std::uint32_t meter = 0; meter < state.decided.size(); ++meter) {
    if (state.decided[meter] != state.turn.iteration) late.push_back({meter, state.decided[meter]});
  }
  return late;
}

std::string ballots_text(const std::vector<ledger::Ballot>& ballots) {
  std::string text;
  for (const auto& ballot : ballots) {
    text += "    validator " + std::to_string(ballot.voter) + ": " +
            (ballot.add ? "let in " : "put out ") + to_hex(ballot.candidate.bytes).substr(0, 32) +
            "…\n";
  }
  return text;
}

std::string payments_text(const ledger::Genesis& genesis,
                          const std::vector<ledger::Payment>& payments) {
  std::string text;
  for (const auto& payment : payments) {
    text += "    " + genesis.prosumers[payment.from] + " pays " + genesis.prosumers[payment.to] +
            " " + to_fixed(static_cast<double>(payment.amount) / 1e6, 6) + " ct\n";
  }
  return text;
}

std::string line(const std::string& name, const std::string& value) {
  return "  " + name + std::string(20 - std::min<std::size_t>(19, name.size()), ' ') + value + '\n';
}

}  // namespace

std::string block_text(const ledger::Genesis& genesis, const BlockView& block) {
  const auto& header = block.committed.block.header;
  std::string text = "block " + std::to_string(header.turn.height) + '\n';
  text += line("hash", ledger::to_hex(ledger::block_hash(header)));
  text += line("parent", ledger::to_hex(header.parent));
  text += line("place", place_text(header.turn));
  text += line("proposer", "validator " + std::to_string(header.proposer) + ", consensus round " +
                               std::to_string(header.round));
  text += line("transactions root", ledger::to_hex(header.transactions_root));
  text += line("state root", ledger::to_hex(header.state_root));
  text += line("residual", to_text(header.residual) + " kWh");
  text += line("converged", header.converged ? "yes" : "no");
  text += line("settled", header.settled ? "yes" : "no");
  text += line("committed", to_fixed(block.commit_time, 3) + " s since 1970 (not signed)");
  text += votes_text(block);
  text += line("transactions", std::to_string(block.committed.block.transactions.size()));
  for (const auto& transaction : block.committed.block.transactions) {
    text += "    meter " + std::to_string(transaction.content().meter) + ", nonce " +
            std::to_string(transaction.content().nonce) + "  " + ledger::to_hex(transaction.id()) +
            '\n';
  }
  for (const auto& late : late_meters(block)) {
    text += "    meter " + std::to_string(late.meter) + " was late: its decision of iteration " +
            std::to_string(late.decided) + " was used\n";
  }
  const auto& content = block.committed.block;
  if (!content.ballots.empty()) {
    text += line("ballots", std::to_string(content.ballots.size())) + ballots_text(content.ballots);
  }
  if (!content.payments.empty()) {
    text += line("payments", std::to_string(content.payments.size())) +
            payments_text(genesis, content.payments);
  }
  return text;
}

void add_block(Json& json, const BlockView& block) {
  const auto& header = block.committed.block.header;
  json.begin_object("block").member("height", header.turn.height);
  json.member("hash", ledger::to_hex(ledger::block_hash(header)));
  json.member("parent", ledger::to_hex(header.parent)).member("day", header.turn.day);
  json.member("phase", ledger::name(header.turn.phase));
  json.member("iteration", header.turn.iteration).member("consensus_round", header.round);
  json.member("proposer", header.proposer);
  json.member("transactions_root", ledger::to_hex(header.transactions_root));
  json.member("state_root", ledger::to_hex(header.state_root));
  json.member("residual", header.residual).member("converged", header.converged);
  json.member("settled", header.settled).member("commit_time", block.commit_time);
  json.begin_list("precommits");
  for (const auto& vote : block.committed.certificate.precommits) {
    json.begin_object().member("validator", vote.validator);
    json.member("signature", to_hex(vote.signature.bytes)).end_object();
  }
  json.end_list().begin_list("transactions");
  for (const auto& transaction : block.committed.block.transactions) {
    json.begin_object().member("meter", transaction.content().meter);
    json.member("nonce", transaction.content().nonce);
    json.member("id", ledger::to_hex(transaction.id()));
    json.member("rows_root", ledger::to_hex(transaction.rows_root()));
    json.member("iteration", transaction.content().turn.iteration);
    json.member("signature", to_hex(transaction.signature().bytes)).end_object();
  }
  json.end_list().begin_list("late");
  for (const auto& late : late_meters(block)) {
    json.begin_object().member("meter", late.meter).member("decided", late.decided).end_object();
  }
  json.end_list().begin_list("ballots");
  for (const auto& ballot : block.committed.block.ballots) {
    json.begin_object().member("voter", ballot.voter).member("add", ballot.add);
    json.member("candidate", to_hex(ballot.candidate.bytes)).end_object();
  }
  json.end_list().begin_list("payments");
  for (const auto& payment : block.committed.block.payments) {
    json.begin_object().member("from", payment.from).member("to", payment.to);
    json.member("amount", static_cast<double>(payment.amount) / 1e6).end_object();
  }
  json.end_list().end_object();
}

}  // namespace gridtally::report
