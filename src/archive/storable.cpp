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

void require_certificate(const ledger::Genesis& genesis, const ledger::CommittedBlock& block) {
  const auto& header = block.block.header;
  require(block.certificate.block_hash == ledger::block_hash(header), header,
          "its certificate is another block's");
  std::uint64_t next = 0;
  for (const auto& entry : block.certificate.precommits) {
    require(entry.validator >= next && entry.validator < genesis.validators.size(), header,
            "validators of its certificate are not ascending or unknown");
    next = std::uint64_t{entry.validator} + 1;
  }
}
}  // namespace

void require_storable(const ledger::Genesis& genesis, const ledger::CommittedBlock& block) {
  const auto& header = block.block.header;
  const auto& transactions = block.block.transactions;
  require(transactions.size() == genesis.meters.size(), header,
          std::to_string(transactions.size()) + " transactions, expected one a meter");
  for (std::uint32_t meter = 0; meter < transactions.size(); ++meter) {
    const auto& content = transactions[meter].content();
    require(
        content.meter == meter && content.turn == header.turn && content.run_id == header.run_id,
        header, "transaction " + std::to_string(meter) + " is another turn's or meter's");
    require_rows(genesis, header, genesis.meters[meter], content);
  }
  require(ledger::transactions_root(transactions) == header.transactions_root, header,
          "transactions root differs from its transactions");
  require_certificate(genesis, block);
}

}  // namespace gridtally::archive
