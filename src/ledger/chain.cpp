#include "ledger/chain.hpp"

#include <algorithm>
#include <bit>

#include "base/text.hpp"

namespace gridtally::ledger {
namespace {

Fault fault_at(const Turn& turn, std::string what, std::string expected, std::string found) {
  Fault fault;
  fault.height = turn.height;
  fault.day = turn.day;
  fault.what = std::move(what);
  fault.expected = std::move(expected);
  fault.found = std::move(found);
  return fault;
}

std::optional<Fault> compare(const Turn& turn, const char* what, const Digest& expected,
                             const Digest& found) {
  if (expected == found) return std::nullopt;
  return fault_at(turn, what, to_hex(expected), to_hex(found));
}

std::optional<Fault> compare(const Turn& turn, const char* what, std::uint64_t expected,
                             std::uint64_t found) {
  if (expected == found) return std::nullopt;
  return fault_at(turn, what, std::to_string(expected), std::to_string(found));
}

/// One a voter, so that nobody fills a block with votes.
bool in_order(const Ballot& first, const Ballot& second) { return first.voter < second.voter; }

Fault nobody_left(const Turn& turn) {
  return fault_at(turn, "members", "at least one validator", "none: the last was voted out");
}

/// The key of a validator by its index; nothing for one who was never a member.
const PublicKey* key_of(const Membership& membership, std::uint32_t validator) {
  const auto& known = membership.known();
  return validator < known.size() ? &known[validator] : nullptr;
}

std::optional<Fault> check_author(const Membership& membership, const Block& block,
                                  Verifier& verifier) {
  const Header& header = block.header;
  const PublicKey* key = key_of(membership, header.proposer);
  if (key == nullptr) {
    return fault_at(header.turn, "proposer", "below " + std::to_string(membership.known().size()),
                    std::to_string(header.proposer));
  }
  if (verifier.verify(*key, proposal_bytes(block_hash(header)), block.proposer_signature)) {
    return std::nullopt;
  }
  return fault_at(header.turn, "proposer's signature",
                  "a good one of validator " + std::to_string(header.proposer), "a bad one");
}

std::optional<Fault> compare_turn(const Turn& expected, const Turn& found) {
  if (auto bad = compare(expected, "height", expected.height, found.height)) return bad;
  if (auto bad = compare(expected, "day", expected.day, found.day)) return bad;
  if (expected.phase != found.phase) {
    return fault_at(expected, "phase", std::string(name(expected.phase)),
                    std::string(name(found.phase)));
  }
  return compare(expected, "iteration", expected.iteration, found.iteration);
}

std::optional<Fault> compare_result(const Genesis& genesis, const ContractState& next,
                                    const Header& header, StateRoot root) {
  const double residual = next.iterate.residual;
  if (std::bit_cast<std::uint64_t>(residual) != std::bit_cast<std::uint64_t>(header.residual)) {
    return fault_at(next.turn, "residual", to_text(residual), to_text(header.residual));
  }
  if (auto bad = compare(next.turn, "converged", next.converged, header.converged)) return bad;
  if (auto bad = compare(next.turn, "settled", next.settled, header.settled)) return bad;
  if (root == StateRoot::trusted) return std::nullopt;
  return compare(next.turn, "state root", state_root(genesis, next), header.state_root);
}

/// At most one transaction a meter, in meter order; of every meter where none may be late.
std::optional<Fault> check_meters(const Genesis& genesis, const Block& block) {
  const Turn& turn = block.header.turn;
  const bool may_miss = genesis.staleness > 0 && turn.phase == Phase::trading;
  std::uint64_t next = 0;
  for (const SignedTransaction& transaction : block.transactions) {
    const std::uint32_t meter = transaction.content().meter;
    const bool good = may_miss ? meter >= next && meter < genesis.meters.size() : meter == next;
    if (!good) {
      auto bad =
          fault_at(turn, "meter of a transaction",
                   (may_miss ? "at least " : "") + std::to_string(next), std::to_string(meter));
      bad.meter = static_cast<std::uint32_t>(next);
      return bad;
    }
    next = std::uint64_t{meter} + 1;
  }
  if (may_miss) return std::nullopt;
  return compare(turn, "transactions", genesis.meters.size(), block.transactions.size());
}

std::optional<Fault> check_ballot(const Digest& run_id, const Membership& membership,
                                  const Turn& turn, const Ballot& ballot, Verifier& verifier) {
  if (auto bad = compare(turn, "ballot's run id", run_id, ballot.run_id)) return bad;
  const PublicKey* key = key_of(membership, ballot.voter);
  if (key != nullptr && verifier.verify(*key, signed_bytes(ballot), ballot.signature)) {
    return std::nullopt;
  }
  return fault_at(turn, "ballot's signature",
                  "a good one of validator " + std::to_string(ballot.voter), "a bad one");
}

std::optional<Fault> check_ballots(const Digest& run_id, const Membership& membership,
                                   const Block& block, Verifier& verifier) {
  const Turn& turn = block.header.turn;
  for (std::size_t i = 0; i < block.ballots.size(); ++i) {
    if (auto bad = check_ballot(run_id, membership, turn, block.ballots[i], verifier)) return bad;
    if (i > 0 && !in_order(block.ballots[i - 1], block.ballots[i])) {
      return fault_at(turn, "order of ballots", "ascending by voter, one of each", "another");
    }
  }
  return std::nullopt;
}

/// Ballots whose voter is a member and whose nonce is new, at the height that they allow.
std::optional<Fault> check_voters(const ContractState& state, const Turn& turn,
                                  const Block& block) {
  for (const Ballot& ballot : block.ballots) {
    const std::string voter = "validator " + std::to_string(ballot.voter);
    if (!state.membership.is_active(ballot.voter)) {
      return fault_at(turn, "ballot's voter", "a member", voter);
    }
    if (ballot.nonce <= state.ballot_nonces[ballot.voter]) {
      return fault_at(turn, "ballot's nonce of " + voter,
                      "above " + std::to_string(state.ballot_nonces[ballot.voter]),
                      std::to_string(ballot.nonce));
    }
    if (ballot.not_before > turn.height) {
      return fault_at(turn, "ballot of " + voter,
                      "none before height " + std::to_string(ballot.not_before), "one");
    }
  }
  return std::nullopt;
}

/// A late decision is of a block of this day, newer than what Func A has; who says nothing has a
/// decision that is not too old.
std::optional<Fault> check_moments(const Genesis& genesis, const ContractState& state,
                                   const Turn& turn, const Block& block) {
  if (genesis.staleness == 0 || turn.phase != Phase::trading) return std::nullopt;
  const bool first = turn.iteration == 1;
  std::vector<std::uint32_t> decided =
      first ? std::vector<std::uint32_t>(genesis.meters.size(), 0) : state.decided;
  const auto fault = [&](std::uint32_t meter, std::string what, std::uint64_t least,
                         std::uint64_t found) {
    auto bad = fault_at(turn, std::move(what), std::to_string(least), std::to_string(found));
    bad.meter = meter;
    return bad;
  };
  for (const SignedTransaction& transaction : block.transactions) {
    const Transaction& content = transaction.content();
    const std::uint32_t k = content.turn.iteration;
    if (k <= decided[content.meter]) {
      return fault(content.meter, "iteration of a decision, at least",
                   std::uint64_t{decided[content.meter]} + 1, k);
    }
    if (k < turn.iteration && content.turn.height != state.trading_heights[k - 1]) {
      return fault(content.meter, "height of a late decision", state.trading_heights[k - 1],
                   content.turn.height);
    }
    decided[content.meter] = k;
  }
  for (std::uint32_t meter = 0; meter < decided.size(); ++meter) {
    const std::uint32_t oldest =
        turn.iteration > genesis.staleness ? turn.iteration - genesis.staleness : 1;
    if (decided[meter] < oldest) {
      return fault(meter, "iteration of the latest decision, at least", oldest, decided[meter]);
    }
  }
  return std::nullopt;
}

/// Each transaction was signed over the chain before its turn.
std::optional<Fault> check_parents(const ContractState& state, const Turn& turn,
                                   const Block& block) {
  for (const SignedTransaction& transaction : block.transactions) {
    const Transaction& content = transaction.content();
    const Digest& due = due_parent(state, content.turn);
    if (auto bad = compare(turn, "parent of a transaction", due, content.parent)) {
      bad->meter = content.meter;
      return bad;
    }
  }
  return std::nullopt;
}

Header draft_header(const Genesis& genesis, const Tip& tip, const ContractState& state,
                    const Draft& draft) {
  Header header;
  header.run_id = state.run_id;
  header.turn = next_turn(genesis, state);
  header.round = draft.round;
  header.proposer = draft.proposer;
  header.parent = tip.head;
  header.history = tip.history.root();
  return header;
}

}  // namespace

std::optional<Fault> check_heading(const Genesis& genesis, const Digest& run_id,
                                   const Membership& membership, const Block& block,
                                   Verifier& verifier) {
  const Header& header = block.header;
  if (header.turn.height == 0) return fault_at(header.turn, "height", "at least 1", "0");
  if (auto bad = compare(header.turn, "run id", run_id, header.run_id)) return bad;
  if (auto bad = check_author(membership, block, verifier)) return bad;
  return check_meters(genesis, block);
}

std::optional<Fault> check_ending(const Digest& run_id, const Membership& membership,
                                  const Block& block, Verifier& verifier) {
  if (auto bad = check_ballots(run_id, membership, block, verifier)) return bad;
  return compare(block.header.turn, "transactions root", transactions_root(block),
                 block.header.transactions_root);
}

std::optional<Fault> check_form(const Genesis& genesis, const Digest& run_id,
                                const Membership& membership, const Block& block,
                                Verifier& verifier) {
  if (auto bad = check_heading(genesis, run_id, membership, block, verifier)) return bad;
  for (const SignedTransaction& transaction : block.transactions) {
    if (auto bad = check_transaction(genesis, run_id, block.header.turn, transaction, verifier)) {
      return bad;
    }
  }
  return check_ending(run_id, membership, block, verifier);
}

std::optional<Fault> check_certificate(const Digest& run_id, const Membership& membership,
                                       const CommittedBlock& committed, Verifier& verifier) {
  const Turn& turn = committed.block.header.turn;
  const Certificate& certificate = committed.certificate;
  const Digest hash = block_hash(committed.block.header);
  if (auto bad = compare(turn, "certificate's block", hash, certificate.block_hash)) return bad;
  if (certificate.round < committed.block.header.round) {
    return fault_at(turn, "certificate's round",
                    "at least " + std::to_string(committed.block.header.round),
                    std::to_string(certificate.round));
  }
  std::uint64_t least = 0;
  for (const Certificate::Entry& entry : certificate.precommits) {
    if (entry.validator < least || !membership.is_active(entry.validator)) {
      return fault_at(turn, "certificate's validator", "a member, from " + std::to_string(least),
                      std::to_string(entry.validator));
    }
    least = std::uint64_t{entry.validator} + 1;
    const Vote vote{Step::precommit, run_id,         turn.height, certificate.round, hash,
                    entry.validator, entry.signature};
    if (!verifier.verify(membership.known()[entry.validator], signed_bytes(vote), vote.signature)) {
      return fault_at(turn, "precommit's signature",
                      "a good one of validator " + std::to_string(entry.validator), "a bad one");
    }
  }
  if (membership.active().empty()) return nobody_left(turn);
  const std::uint32_t needed = membership.quorum();
  if (certificate.precommits.size() >= needed) return std::nullopt;
  return fault_at(turn, "certificate's quorum", "at least " + std::to_string(needed),
                  std::to_string(certificate.precommits.size()));
}

std::optional<Fault> check_place(const Genesis& genesis, const Tip& tip, const ContractState& state,
                                 const Block& block) {
  const Header& header = block.header;
  if (outcome(genesis, state) != Outcome::running) {
    return fault_at(header.turn, "end of the run",
                    "no block after height " + std::to_string(state.turn.height), "a block");
  }
  const Turn turn = next_turn(genesis, state);
  if (auto bad = compare_turn(turn, header.turn)) return bad;
  if (auto bad = compare(turn, "parent", tip.head, header.parent)) return bad;
  if (auto bad = compare(turn, "history", tip.history.root(), header.history)) return bad;
  if (state.membership.active().empty()) return nobody_left(turn);
  const std::uint32_t due = state.membership.proposer(turn.height, header.round);
  if (auto bad = compare(turn, "proposer", due, header.proposer)) return bad;
  if (auto bad = check_voters(state, turn, block)) return bad;
  if (auto bad = check_moments(genesis, state, turn, block)) return bad;
  return check_parents(state, turn, block);
}

std::optional<Fault> check_execution(const Genesis& genesis, const Block& block, Tip& tip,
                                     ContractState& state, StateRoot root) {
  if (auto bad = check_place(genesis, tip, state, block)) return bad;
  ContractState next = apply(genesis, state, block);
  if (block.payments != payments(next)) {
    return fault_at(next.turn, "payments", "those that follow from the bills", "others");
  }
  if (auto bad = compare_result(genesis, next, block.header, root)) return bad;
  state = std::move(next);
  state.head = block_hash(block.header);
  tip.advance(state.head);
  return std::nullopt;
}

std::optional<Fault> check_block(const Genesis& genesis, const CommittedBlock& committed, Tip& tip,
                                 ContractState& state, Verifier& verifier) {
  const Membership& members = state.membership;
  if (auto bad = check_form(genesis, state.run_id, members, committed.block, verifier)) return bad;
  if (auto bad = check_certificate(state.run_id, members, committed, verifier)) return bad;
  return check_execution(genesis, committed.block, tip, state);
}

std::pair<Block, ContractState> make_block(const Genesis& genesis, const Tip& tip,
                                           const ContractState& state, Draft draft,
                                           const SecretKey& key) {
  Block block;
  Header& header = block.header;
  header = draft_header(genesis, tip, state, draft);
  block.transactions = std::move(draft.transactions);
  block.ballots = std::move(draft.ballots);
  ContractState next = apply(genesis, state, block);
  block.payments = payments(next);
  header.transactions_root = transactions_root(block);
  header.state_root = state_root(genesis, next);
  header.residual = next.iterate.residual;
  header.converged = next.converged;
  header.settled = next.settled;
  next.head = block_hash(header);
  block.proposer_signature = key.sign(proposal_bytes(next.head));
  return {std::move(block), std::move(next)};
}

std::vector<Ballot> due_ballots(const ContractState& state, std::vector<Ballot> ballots) {
  const std::uint64_t height = state.turn.height + 1;
  std::erase_if(ballots, [&](const Ballot& ballot) {
    return ballot.not_before > height || !state.membership.is_active(ballot.voter) ||
           ballot.nonce <= state.ballot_nonces[ballot.voter];
  });
  std::sort(ballots.begin(), ballots.end(), [](const Ballot& a, const Ballot& b) {
    return std::pair(a.voter, a.nonce) < std::pair(b.voter, b.nonce);
  });
  const auto same = [](const Ballot& a, const Ballot& b) { return !in_order(a, b); };
  ballots.erase(std::unique(ballots.begin(), ballots.end(), same), ballots.end());
  return ballots;
}

StateProof prove_prosumer_state(const Genesis& genesis, const ContractState& state,
                                std::uint32_t prosumer) {
  const std::vector<Digest> leaves = state_leaf_hashes(genesis, state);
  const std::size_t leaf = std::size_t{prosumer} + 1;
  std::vector<Digest> path = merkle::inclusion_proof(leaves, leaf);
  return {prosumer, leaves.size(), state_leaf(genesis, state, leaf), std::move(path)};
}

bool verify_prosumer_state(const StateProof& proof, const Digest& state_root) {
  return merkle::verify_inclusion(merkle::leaf_hash(proof.leaf), std::uint64_t{proof.prosumer} + 1,
                                  proof.leaves, proof.path, state_root);
}

}  // namespace gridtally::ledger
