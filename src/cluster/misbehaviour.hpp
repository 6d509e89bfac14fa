#pragma once

#include "ledger/keys.hpp"
#include "ledger/messages.hpp"

namespace gridtally::cluster {

// What a faulty validator signs instead of what it should (`--fault`): for tests, demonstrations
// and the training of auditors. Every signature is good; what is signed is not.

/// The proposal with another state root in its header.
ledger::Proposal with_wrong_state_root(const ledger::Proposal& proposal,
                                       const ledger::SecretKey& key);
/// The vote for a block that does not exist; a nil vote as well.
ledger::Vote for_another_block(const ledger::Vote& vote, const ledger::SecretKey& key);

}  // namespace gridtally::cluster
