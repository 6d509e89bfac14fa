#include "archive/segment_writer.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
void require(bool holds, const ledger::Header& header, const std::string& what) {
  if (!holds) {
    throw FormatError("height " + std::to_string(header.turn.height) +
                      " cannot be archived: " + what);
  }
}

void require_rows(const ledger::Genesis& genesis, const ledger::Header& header,
                  const ledger::Meter& meter, const ledger::Transaction& transaction) {
  const bool trading = header.turn.phase == ledger::Phase::trading;
  require(transaction.decisions.size() == (trading ? meter.count : 0) &&
              transaction.acceptances.size() == (trading ? 0 : meter.count),
          header, "meter " + std::to_string(transaction.meter) + " has the wrong number of rows");
  auto prosumer = meter.first;
  for (const auto& row : transaction.decisions) {
    require(row.prosumer == prosumer && row.numbers.size() == genesis.terms.decision_size(prosumer),
            header, "decision of prosumer " + std::to_string(prosumer));
    ++prosumer;
  }
  for (const auto& row : transaction.acceptances) {
    require(row.prosumer == prosumer && row.change.size() == genesis.terms.slots, header,
            "acceptance of prosumer " + std::to_string(prosumer));
    ++prosumer;
  }
}

/// Of the block's turn or, where Genesis::staleness allows it, of an earlier iteration of the day.
bool storable_turn(const ledger::Genesis& genesis, const ledger::Header& header,
                   const ledger::Transaction& content) {
  const auto& turn = header.turn;
  const auto& own = content.turn;
  if (content.nonce + 1 != own.height || own.day != turn.day || own.phase != turn.phase) {
    return false;
  }
  if (own == turn) return content.parent == header.parent;
  return genesis.staleness > 0 && turn.phase == ledger::Phase::trading && own.height >= 1 &&
         own.height < turn.height && own.iteration >= 1 && own.iteration < turn.iteration;
}

void require_transactions(const ledger::Genesis& genesis, const ledger::Block& block) {
  const auto& header = block.header;
  std::uint64_t next = 0;
  for (const auto& transaction : block.transactions) {
    const auto& content = transaction.content();
    require(content.meter >= next && content.meter < genesis.meters.size(), header,
            "meters of its transactions are not ascending or unknown");
    require(content.run_id == header.run_id && storable_turn(genesis, header, content), header,
            "the transaction of meter " + std::to_string(content.meter) + " is another turn's");
    require_rows(genesis, header, genesis.meters[content.meter], content);
    next = std::uint64_t{content.meter} + 1;
  }
  const bool may_miss = genesis.staleness > 0 && header.turn.phase == ledger::Phase::trading;
  require(may_miss || block.transactions.size() == genesis.meters.size(), header,
          std::to_string(block.transactions.size()) + " transactions, expected one a meter");
}

void require_payments(const ledger::Genesis& genesis, const ledger::Block& block) {
  require(block.payments.empty() || block.header.settled, block.header,
          "payments in a block that settles no day");
  require(block.payments.size() < genesis.prosumers.size(), block.header,
          std::to_string(block.payments.size()) + " payments, expected fewer than prosumers");
}

void require_ballots(const ledger::Block& block) {
  for (const auto& ballot : block.ballots) {
    require(ballot.run_id == block.header.run_id, block.header, "a ballot of another run");
  }
}

void require_certificate(const ledger::CommittedBlock& block) {
  const auto& header = block.block.header;
  require(block.certificate.block_hash == ledger::block_hash(header), header,
          "its certificate is another block's");
  std::uint64_t next = 0;
  for (const auto& entry : block.certificate.precommits) {
    require(entry.validator >= next, header, "validators of its certificate are not ascending");
    next = std::uint64_t{entry.validator} + 1;
  }
}
}  // namespace

void require_storable(const ledger::Genesis& genesis, const ledger::CommittedBlock& block) {
  const auto& header = block.block.header;
  require_transactions(genesis, block.block);
  require_payments(genesis, block.block);
  require_ballots(block.block);
  require(ledger::transactions_root(block.block) == header.transactions_root, header,
          "transactions root differs from its content");
  require_certificate(block);
}

}  // namespace gridtally::archive
