#include "audit/bytes/retold.hpp"

namespace gridtally::audit::testing {

namespace {

void move(ledger::Turn& turn, int by) {
  turn.height += by;
  if (turn.day == 0 && turn.phase == ledger::Phase::trading) turn.iteration += by;
}

void move(ledger::Block& block, const ledger::Tip& tip, int by) {
  auto& header = block.header;
  move(header.turn, by);
  header.proposer = (header.proposer + 4 + by) % 4;  // whose turn it is there
  header.parent = tip.head;
  header.history = tip.history.root();
  for (auto& transaction : block.transactions) {
    auto content = transaction.content();
    move(content.turn, by);
    content.nonce += by;
    content.parent = tip.head;
    transaction = ledger::SignedTransaction(std::move(content), transaction.signature());
  }
  header.transactions_root = ledger::transactions_root(block);
}

/// The blocks from `first` on, by so many places.
void move_on(SmallRun& run, std::uint64_t first, int by) {
  ledger::Tip tip(ledger::run_id(run.genesis));
  for (std::uint64_t height = 1; height <= run.blocks.size(); ++height) {
    auto& [block, certificate] = run.at(height);
    if (height >= first) {
      move(block, tip, by);
      certificate.block_hash = ledger::block_hash(block.header);
    }
    tip.advance(certificate.block_hash);
  }
  for (auto& state : run.day_ends) state.turn.height += by;
  run.day_ends[0].iterate.iteration += by;
}

}  // namespace

void drop_block(SmallRun& run, std::uint64_t height) {
  run.blocks.erase(run.blocks.begin() + static_cast<std::ptrdiff_t>(height - 1));
  move_on(run, height, -1);
}

void double_block(SmallRun& run, std::uint64_t height) {
  const auto again = run.at(height);
  run.blocks.insert(run.blocks.begin() + static_cast<std::ptrdiff_t>(height), again);
  move_on(run, height + 1, 1);
}

}  // namespace gridtally::audit::testing
