#include "ledger/evidence.hpp"

#include <utility>

#include "base/error.hpp"
#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

Evidence of(EvidenceKind kind, std::uint64_t height, std::uint32_t round, std::uint32_t accused) {
  Evidence evidence;
  evidence.kind = kind;
  evidence.height = height;
  evidence.round = round;
  evidence.accused = accused;
  return evidence;
}

Evidence ordered(Evidence evidence, Bytes one, Bytes other) {
  if (other < one) std::swap(one, other);
  evidence.first = std::move(one);
  evidence.second = std::move(other);
  return evidence;
}

Bytes offer_with_header(const Proposal& proposal) {
  ByteWriter writer;
  return writer.blob(encode(proposal.offer)).raw(encode(proposal.block->header)).take();
}

struct OfferedHeader {
  Offer offer;
  Header header;
};

OfferedHeader read_offer_with_header(ByteView bytes) {
  ByteReader reader(bytes, "offer with its header");
  const ByteView offer = reader.blob();
  return {decode_offer(offer), decode_header(reader.raw(reader.remaining()))};
}

/// Refuses with FormatError; check_evidence turns that into a fault.
class Check {
 public:
  Check(const Genesis& genesis, const Digest& run_id, const Membership& membership,
        const Evidence& evidence, Verifier& verifier)
      : genesis_(genesis),
        run_id_(run_id),
        membership_(membership),
        evidence_(evidence),
        verifier_(verifier) {}

  void run() const {
    switch (evidence_.kind) {
      case EvidenceKind::two_offers:
        return offers();
      case EvidenceKind::two_votes:
        return votes();
      case EvidenceKind::wrong_block:
        return block();
      case EvidenceKind::stray_vote:
        return stray();
      case EvidenceKind::refused_transaction:
        return refused();
      case EvidenceKind::two_transactions:
        return transactions();
    }
    throw FormatError("an unknown kind of evidence");
  }

 private:
  static void require(bool good, const std::string& rule) {
    if (!good) throw FormatError(rule);
  }

  void require_accused(std::uint32_t validator, ByteView message,
                       const Signature& signature) const {
    require(validator == evidence_.accused, "it is signed by the accused");
    require_signature(validator, message, signature);
  }
  void require_signature(std::uint32_t validator, ByteView message,
                         const Signature& signature) const {
    const auto& known = membership_.known();
    require(validator < known.size() && verifier_.verify(known[validator], message, signature),
            "its signatures are good");
  }
  void require_round(const Digest& run, std::uint64_t height, std::uint32_t round) const {
    require(run == run_id_, "it is of this run");
    require(height == evidence_.height && round == evidence_.round,
            "it is of the height and round that it names");
  }
  void require_offer(const Offer& offer) const {
    require_round(offer.run_id, offer.height, offer.round);
    require_accused(offer.proposer, signed_bytes(offer), offer.signature);
  }
  void require_vote(const Vote& vote) const {
    require_round(vote.run_id, vote.height, vote.round);
    require_accused(vote.validator, signed_bytes(vote), vote.signature);
  }

  void offers() const {
    const auto first = read_offer_with_header(evidence_.first);
    const auto second = read_offer_with_header(evidence_.second);
    for (const auto& each : {first, second}) {
      require_offer(each.offer);
      require(block_hash(each.header) == each.offer.block_hash, "each header is the one offered");
    }
    require(first.offer.block_hash != second.offer.block_hash, "the offers differ");
  }
  void votes() const {
    const Vote first = decode_vote(evidence_.first);
    const Vote second = decode_vote(evidence_.second);
    require_vote(first);
    require_vote(second);
    require(first.step == second.step && first.block_hash != second.block_hash,
            "the votes contradict each other");
  }
  void block() const {
    const Offer offer = decode_offer(evidence_.first);
    require_offer(offer);
    const Block block = decode_block(evidence_.second);
    const Digest hash = block_hash(block.header);
    require(hash == offer.block_hash, "the block is the one offered");
    // Whoever passed the block on could have changed what the header does not name.
    require(transactions_root(block) == block.header.transactions_root,
            "the block holds what its header names");
    require_signature(block.header.proposer, proposal_bytes(hash), block.proposer_signature);
    require(!offer.valid_round, "nobody has prevoted for the block before");
  }
  void stray() const {
    const Vote vote = decode_vote(evidence_.first);
    const Offer offer = decode_offer(evidence_.second);
    require_vote(vote);
    require_round(offer.run_id, offer.height, offer.round);
    require_signature(offer.proposer, signed_bytes(offer), offer.signature);
    require(!vote.is_nil() && vote.block_hash != offer.block_hash,
            "the vote is for another block than the one offered");
  }
  void refused() const {
    require(evidence_.accused < genesis_.meters.size(), "the meter exists");
    const SignedTransaction transaction = decode_transaction(evidence_.first);
    require(transaction.content().meter == evidence_.accused, "it is in the meter's name");
    require(!evidence_.second.empty(), "it says why");
    const Turn& turn = transaction.content().turn;
    require(check_transaction(genesis_, run_id_, turn, transaction, verifier_).has_value(),
            "no block may hold the transaction");
  }
  void transactions() const {
    require(evidence_.accused < genesis_.meters.size(), "the meter exists");
    const SignedTransaction first = decode_transaction(evidence_.first);
    const SignedTransaction second = decode_transaction(evidence_.second);
    for (const auto* each : {&first, &second}) {
      const Transaction& content = each->content();
      require(content.run_id == run_id_ && content.meter == evidence_.accused &&
                  content.turn.height == evidence_.height,
              "both are the meter's at this height");
      require(verifier_.verify(genesis_.meters[content.meter].key, each->signed_bytes(),
                               each->signature()),
              "its signatures are good");
    }
    require(first.content() != second.content(), "the transactions differ");
  }

  const Genesis& genesis_;
  const Digest& run_id_;
  const Membership& membership_;
  const Evidence& evidence_;
  Verifier& verifier_;
};

/// ", prevote"; nothing where the exhibit is no vote.
std::string step_of(const Evidence& evidence) {
  try {
    return decode_vote(evidence.first).step == Step::prevote ? ", prevote" : ", precommit";
  } catch (const FormatError&) {
    return {};
  }
}

}  // namespace

std::string_view name(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::two_offers:
      return "two offers";
    case EvidenceKind::two_votes:
      return "two votes";
    case EvidenceKind::wrong_block:
      return "wrong block";
    case EvidenceKind::stray_vote:
      return "stray vote";
    case EvidenceKind::refused_transaction:
      return "refused transaction";
    case EvidenceKind::two_transactions:
      return "two transactions";
  }
  return "?";
}

Bytes encode(const Evidence& evidence) {
  ByteWriter writer;
  writer.u16(Evidence::version).u8(static_cast<std::uint8_t>(evidence.kind));
  writer.u64(evidence.height).u32(evidence.round).u32(evidence.accused);
  return writer.blob(evidence.first).blob(evidence.second).take();
}

Evidence decode_evidence(ByteView bytes) {
  ByteReader reader(bytes, "evidence");
  read_version(reader, Evidence::version);
  const std::uint8_t kind = reader.u8();
  if (kind > static_cast<std::uint8_t>(EvidenceKind::two_transactions)) {
    reader.fail("evidence is of kind 0 to 5");
  }
  const std::uint64_t height = reader.u64();
  const std::uint32_t round = reader.u32();
  Evidence evidence = of(static_cast<EvidenceKind>(kind), height, round, reader.u32());
  const ByteView first = reader.blob();
  const ByteView second = reader.blob();
  reader.finish();
  evidence.first.assign(first.begin(), first.end());
  evidence.second.assign(second.begin(), second.end());
  return evidence;
}

Evidence two_offers(const Proposal& first, const Proposal& second) {
  const Offer& offer = first.offer;
  return ordered(of(EvidenceKind::two_offers, offer.height, offer.round, offer.proposer),
                 offer_with_header(first), offer_with_header(second));
}

Evidence two_votes(const Vote& first, const Vote& second) {
  return ordered(of(EvidenceKind::two_votes, first.height, first.round, first.validator),
                 encode(first), encode(second));
}

Evidence wrong_block(const Proposal& proposal) {
  const Offer& offer = proposal.offer;
  Evidence evidence = of(EvidenceKind::wrong_block, offer.height, offer.round, offer.proposer);
  evidence.first = encode(offer);
  evidence.second = encode(*proposal.block);
  return evidence;
}

Evidence stray_vote(const Vote& vote, const Offer& offer) {
  Evidence evidence = of(EvidenceKind::stray_vote, vote.height, vote.round, vote.validator);
  evidence.first = encode(vote);
  evidence.second = encode(offer);
  return evidence;
}

Evidence refused_transaction(std::uint64_t height, std::uint32_t meter, ByteView transaction,
                             const Fault& fault) {
  Evidence evidence = of(EvidenceKind::refused_transaction, height, 0, meter);
  evidence.first.assign(transaction.begin(), transaction.end());
  const std::string why = describe(fault);
  evidence.second.assign(why.begin(), why.end());
  return evidence;
}

Evidence two_transactions(const SignedTransaction& first, const SignedTransaction& second) {
  const Transaction& content = first.content();
  return ordered(of(EvidenceKind::two_transactions, content.turn.height, 0, content.meter),
                 encode(first), encode(second));
}

std::optional<Fault> check_evidence(const Genesis& genesis, const Digest& run_id,
                                    const Membership& membership, const Evidence& evidence,
                                    Verifier& verifier) {
  try {
    Check(genesis, run_id, membership, evidence, verifier).run();
  } catch (const FormatError& error) {
    Fault fault;
    fault.height = evidence.height;
    fault.what = "evidence (" + std::string(name(evidence.kind)) + ")";
    fault.expected = error.what();
    fault.found = "otherwise";
    return fault;
  }
  return std::nullopt;
}

std::optional<Fault> fault_of_block(const Genesis& genesis, const Tip& tip,
                                    const ContractState& state, const Evidence& evidence,
                                    Verifier& verifier) {
  const Block block = decode_block(evidence.second);
  if (auto bad = check_form(genesis, state.run_id, state.membership, block, verifier)) return bad;
  Tip next_tip = tip;
  ContractState next = state;
  return check_execution(genesis, block, next_tip, next);
}

std::string describe(const Evidence& evidence) {
  const std::string validator = "validator " + std::to_string(evidence.accused);
  const std::string meter = "meter " + std::to_string(evidence.accused);
  const std::string height = " at height " + std::to_string(evidence.height);
  const std::string place = height + ", round " + std::to_string(evidence.round);
  switch (evidence.kind) {
    case EvidenceKind::two_offers:
      return validator + " offered two blocks" + place;
    case EvidenceKind::two_votes:
      return validator + " voted twice" + place + step_of(evidence);
    case EvidenceKind::wrong_block:
      return validator + " offered a wrong block" + place;
    case EvidenceKind::stray_vote:
      return validator + " voted for a block that nobody offered" + place + step_of(evidence);
    case EvidenceKind::refused_transaction:
      return "a transaction in the name of " + meter + " was refused" + height + ": " +
             std::string(evidence.second.begin(), evidence.second.end());
    case EvidenceKind::two_transactions:
      return meter + " signed two transactions" + height;
  }
  return "?";
}

}  // namespace gridtally::ledger
