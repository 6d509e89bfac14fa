#include "cluster/misbehaviour.hpp"

namespace gridtally::cluster {

ledger::Proposal with_wrong_state_root(const ledger::Proposal& proposal,
                                       const ledger::SecretKey& key) {
  auto block = std::make_shared<ledger::Block>(*proposal.block);
  block->header.state_root = ledger::sha256(block->header.state_root);
  const auto hash = ledger::block_hash(block->header);
  block->proposer_signature = key.sign(ledger::proposal_bytes(hash));
  ledger::Proposal out = proposal;
  out.offer.block_hash = hash;
  out.offer = ledger::sign_offer(out.offer, key);
  out.block = std::move(block);
  return out;
}

ledger::Vote for_another_block(const ledger::Vote& vote, const ledger::SecretKey& key) {
  ledger::Vote out = vote;
  out.block_hash = ledger::sha256(vote.block_hash);
  return ledger::sign_vote(out, key);
}

}  // namespace gridtally::cluster
