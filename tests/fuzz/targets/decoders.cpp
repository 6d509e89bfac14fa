#include "consensus/record.hpp"
#include "fuzz/targets/material.hpp"
#include "fuzz/targets/target.hpp"
#include "ledger/proof.hpp"
#include "ledger/thinned_codec.hpp"

namespace gridtally::fuzz {

namespace {

/// Seeds are encodings of `things`; what `decode` accepts must encode to the same bytes.
template <class Thing, class Decode>
Target canonical(std::string name, std::function<std::vector<Thing>()> things, Decode decode) {
  return {std::move(name),
          [things] {
            std::vector<Bytes> seeds;
            for (const auto& thing : things()) seeds.push_back(encode(thing));
            return seeds;
          },
          [decode](ByteView bytes) { require_same(encode(decode(bytes)), bytes); }};
}

std::vector<ledger::CommittedBlock> some_blocks() {
  const auto blocks = material().blocks();
  return {blocks[0], blocks[1], blocks[3], blocks.back()};
}

std::vector<ledger::SignedTransaction> some_transactions() {
  std::vector<ledger::SignedTransaction> some;
  for (const auto& committed : some_blocks()) some.push_back(committed.block.transactions[0]);
  return some;
}

ledger::Proposal proposal_of(const ledger::CommittedBlock& committed) {
  const auto& header = committed.block.header;
  const auto& key = material().chain.validator_keys[header.proposer];
  const auto offer = ledger::sign_offer({header.run_id,
                                         header.turn.height,
                                         header.round,
                                         {},
                                         ledger::block_hash(header),
                                         header.proposer,
                                         {}},
                                        key);
  return {offer, {}, std::make_shared<const ledger::Block>(committed.block)};
}

std::vector<ledger::Message> some_messages() {
  const auto committed = some_blocks()[1];
  const auto& header = committed.block.header;
  const auto vote = ledger::sign_vote({ledger::Step::prevote,
                                       header.run_id,
                                       header.turn.height,
                                       0,
                                       ledger::block_hash(header),
                                       1,
                                       {}},
                                      material().chain.validator_keys[1]);
  return {proposal_of(committed), vote, ledger::Request{3},
          std::make_shared<const ledger::CommittedBlock>(committed)};
}

std::vector<ledger::Evidence> some_evidence() {
  const auto blocks = some_blocks();
  return {
      material().evidence, ledger::wrong_block(proposal_of(blocks[1])),
      ledger::two_transactions(blocks[0].block.transactions[0], blocks[1].block.transactions[0])};
}

/// Evidence is decoded, then judged with the keys of the genesis.
Target evidence() {
  auto target = canonical<ledger::Evidence>("evidence", some_evidence, ledger::decode_evidence);
  target.read = [](ByteView bytes) {
    const auto piece = ledger::decode_evidence(bytes);
    require_same(encode(piece), bytes);
    const auto& genesis = material().chain.genesis;
    static const auto run = ledger::run_id(genesis);
    static const auto membership = ledger::initial_state(genesis).membership;
    ledger::Verifier verifier;
    (void)ledger::check_evidence(genesis, run, membership, piece, verifier);
    (void)ledger::describe(piece);
  };
  return target;
}

/// The state and the hashes after each block of the material.
struct Told {
  Told() : blocks(material().blocks()) {
    const auto& genesis = material().chain.genesis;
    ledger::ContractState state = ledger::initial_state(genesis);
    ledger::Tip tip(state.run_id);
    hashes.push_back(tip.head);
    for (const auto& committed : blocks) {
      if (ledger::check_execution(genesis, committed.block, tip, state)) throw Broken("material");
      hashes.push_back(tip.head);
      states.push_back(state);
    }
  }
  [[nodiscard]] ledger::Proof prove(std::uint64_t height, ledger::Proof::Question question) const {
    return ledger::make_proof({material().chain.genesis, blocks[height - 1].block.header,
                               states[height - 1], hashes, blocks.back(), states.back()},
                              0, question, question == ledger::Proof::Question::trade ? 1 : 0);
  }
  std::vector<ledger::CommittedBlock> blocks;
  std::vector<ledger::ContractState> states;
  std::vector<ledger::Digest> hashes;
};

/// The checksum at the end of a proof is made here: else nothing would get past it.
Target proof() {
  constexpr std::size_t checksum = 32;
  const auto seeds = [] {
    using Question = ledger::Proof::Question;
    const Told told;
    const auto end = material().chain.days[0].size();
    std::vector<Bytes> made;
    for (const auto& one : {told.prove(end, Question::day), told.prove(end, Question::trade),
                            told.prove(1, Question::iterate)}) {
      made.push_back(encode(one));
      made.back().resize(made.back().size() - checksum);
    }
    return made;
  };
  return {"proof", seeds, [](ByteView bytes) {
            Bytes whole(bytes.begin(), bytes.end());
            const auto sum = ledger::sha256(bytes);
            whole.insert(whole.end(), sum.begin(), sum.end());
            const auto read = ledger::decode_proof(whole);
            require_same(encode(read), whole);
            (void)ledger::fault_of_proof(read, ledger::block_hash(read.head));
          }};
}

/// Likewise the checksum at the end of a validator's record.
Target record() {
  constexpr std::size_t checksum = 32;
  const auto seeds = [] {
    const auto committed = some_blocks()[1];
    consensus::Record made;
    made.run_id = committed.block.header.run_id;
    made.key = material().chain.validator_keys[1].public_key();
    made.height = committed.block.header.turn.height;
    auto bare = encode(made);
    made.prevote = std::get<ledger::Vote>(some_messages()[1]);
    made.valid = consensus::ValidBlock{0, proposal_of(committed), {}};
    auto full = encode(made);
    bare.resize(bare.size() - checksum);
    full.resize(full.size() - checksum);
    return std::vector{bare, full};
  };
  return {"record", seeds, [](ByteView bytes) {
            Bytes whole(bytes.begin(), bytes.end());
            const auto sum = ledger::sha256(bytes);
            whole.insert(whole.end(), sum.begin(), sum.end());
            require_same(encode(consensus::decode_record(whole)), whole);
          }};
}

/// Both forms of what ranks tell each other of a thinned day; the first byte chooses.
Target thinned() {
  const auto seeds = [] {
    const Told told;
    const auto& genesis = material().chain.genesis;
    const auto& last = told.states[material().chain.days[0].size() - 1];
    Bytes day{0};
    const auto encoded = ledger::encode(
        ledger::ThinnedDay{static_cast<std::uint32_t>(3), ledger::carried_state(genesis, last)});
    day.insert(day.end(), encoded.begin(), encoded.end());
    Bytes block{1};
    const auto thin = ledger::encode_thinned(told.blocks[0].block);
    block.insert(block.end(), thin.begin(), thin.end());
    return std::vector{day, block};
  };
  return {"thinned", seeds, [](ByteView bytes) {
            if (bytes.empty()) return;
            const auto rest = bytes.subspan(1);
            require_same(bytes[0] % 2 == 0
                             ? ledger::encode(ledger::decode_thinned_day(rest))
                             : ledger::encode_thinned(ledger::decode_thinned_block(rest)),
                         rest);
          }};
}

}  // namespace

std::vector<Target> decoders() {
  const auto genesis = [] { return std::vector{material().chain.genesis}; };
  const auto ballots = [] { return some_blocks()[1].block.ballots; };
  return {canonical<ledger::Genesis>("genesis", genesis, ledger::decode_genesis),
          canonical<ledger::CommittedBlock>("block", some_blocks, ledger::decode_committed_block),
          canonical<ledger::SignedTransaction>("transaction", some_transactions,
                                               ledger::decode_transaction),
          canonical<ledger::Ballot>("ballot", ballots, ledger::decode_ballot),
          canonical<ledger::Message>("message", some_messages, ledger::decode_message),
          evidence(),
          proof(),
          record(),
          thinned()};
}

}  // namespace gridtally::fuzz
