#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/executor.hpp"
#include "consensus/proceedings.hpp"
#include "consensus/record.hpp"
#include "consensus/waiting_room.hpp"

namespace gridtally::consensus {

enum class Timer : std::uint8_t {
  propose,    ///< the proposer has had its time: prevote nil
  prevote,    ///< a quorum has prevoted, but not for one block: precommit nil
  precommit,  ///< a quorum has precommitted, but not for one block: next round
  resend,     ///< nothing has happened for long: say again what was said in this round
};
/// "Call expire with this after so long"; one that is not of the present height and round is void.
struct Alarm {
  Timer timer = Timer::resend;
  std::uint64_t height = 0;
  std::uint32_t round = 0;
  std::uint32_t after = 0;  ///< [ms]
};

/// Time allowed in round 0 [ms]; round r has (r + 1) times as much.
struct Timeouts {
  std::uint32_t propose = 10000;
  std::uint32_t vote = 5000;
  std::uint32_t resend = 1000;  ///< the same in every round
};

struct Envelope {
  std::optional<Address> to;  ///< nothing: every other validator
  ledger::Message message;
};

/// What a call asks of the host, in this order: make `record` durable, then send, then the rest.
struct Output {
  bool record_changed = false;  ///< Validator::record() is new and must be durable before sending
  std::vector<Envelope> envelopes;
  std::vector<Alarm> alarms;
  std::vector<ledger::Committed> commits;  ///< in height order
  std::vector<ledger::Evidence> evidence;  ///< each thing once
};

/// One validator: a pure state machine that knows neither MPI nor time. Tendermint's two voting
/// phases with locking (README.md).
class Validator {
 public:
  /// `executor` and `key` must outlive it. It votes where `key` is a member, else it follows.
  /// `record`: what record() last gave in an earlier life of this key in this run, if anything; it
  /// never signs anything else for a height, round and step that the record covers. FormatError
  /// when the record is damaged or of another key or run.
  Validator(Executor& executor, const ledger::SecretKey& key, Timeouts timeouts,
            SharedPosition position, ledger::ByteView record = {});

  /// Once, before anything else: begins the height, or goes on where the record ends.
  Output start();
  /// The transactions of the next block could be had now: the proposer's time runs. Once a height.
  Output ready();
  /// True while it is this validator's turn to offer a new block and it has not.
  [[nodiscard]] bool may_propose() const;
  /// Offers a block of this. Error unless may_propose.
  Output propose(std::vector<ledger::SignedTransaction> transactions,
                 std::vector<ledger::Ballot> ballots);
  Output receive(const ledger::Message& message, Address from);
  Output expire(const Alarm& alarm);

  /// Everything that must survive a crash: of the height being decided, or of the last one where
  /// nothing has happened since. A copy is cheap: blocks are shared.
  [[nodiscard]] const Record& memory() const;
  [[nodiscard]] ledger::Bytes record() const { return encode(memory()); }
  [[nodiscard]] const SharedPosition& position() const;
  [[nodiscard]] std::uint64_t height() const;                ///< committed
  [[nodiscard]] std::uint32_t round() const;                 ///< of the height after it
  [[nodiscard]] std::optional<std::uint32_t> index() const;  ///< nothing: never was a member
  [[nodiscard]] bool ended() const;                          ///< the run needs no more blocks
  /// The block committed last with all precommits seen by then; nothing before the first.
  [[nodiscard]] ledger::Committed committed() const;
  /// Members of whom nothing of the present height and this round or the one before has come.
  [[nodiscard]] std::vector<std::uint32_t> unheard() const;
  /// Why the latest refused message was refused.
  [[nodiscard]] const std::optional<ledger::Fault>& last_refusal() const { return refusal_; }

 private:
  enum class Stage : std::uint8_t { propose, prevote, precommit };

  // validator.cpp: heights, rounds, timers.
  void open_height();
  void close_height(ledger::Committed committed, SharedPosition after);
  void ask_for_missed();
  void begin_round(std::uint32_t round);
  void resume(Record record);
  void arm(Timer timer);
  void arm_once(Timer timer, bool& armed);
  void say_again();
  void show_valid_block();
  Output finish();

  // rules.cpp: Algorithm 1.
  void proceed();
  bool apply_a_rule();
  bool decide();
  bool skip_rounds();
  bool offer_valid_block();
  bool prevote_offer();
  bool note_valid_block();
  bool precommit_block();
  bool precommit_nil();
  void set_timers();
  bool is_good(Held& held);
  Held* good_block(const ledger::Digest& block);
  [[nodiscard]] bool may_support(const ledger::Offer& offer) const;
  void offer(const std::shared_ptr<const ledger::Block>& block);
  void vote(ledger::Step step, const ledger::Digest& block);
  [[nodiscard]] bool is_due() const;
  [[nodiscard]] bool may_speak() const;

  // intake.cpp: messages and what they betray.
  void take(const ledger::Message& message, Address from);
  void take(const ledger::Proposal& proposal, Address from);
  void take(const ledger::Vote& vote, Address from);
  void take(const ledger::Request& request, Address from);
  void take(const ledger::Committed& committed, Address from);
  bool take_waiting();
  void wait(const ledger::Message& message, Address from);
  /// The books of that height; nothing when they are closed or not open yet.
  Proceedings* books(std::uint64_t height);
  [[nodiscard]] bool is_of_use(const ledger::Offer& offer) const;
  void answer_other_vote(Proceedings& books, const ledger::Vote& vote, Address from);
  void accuse_stray_votes();
  void accuse(Proceedings& books, ledger::Evidence evidence,
              ledger::Step step = ledger::Step::prevote);

  Executor& executor_;
  const ledger::SecretKey& key_;
  ledger::PublicKey public_key_;
  Timeouts timeouts_;
  SharedPosition position_;
  std::optional<std::uint32_t> index_;
  std::unique_ptr<Proceedings> now_;     ///< of the height being decided
  std::unique_ptr<Proceedings> before_;  ///< of the one committed last; null before the first
  ledger::Committed last_;
  Record own_;
  std::optional<Record> last_own_;  ///< of the height committed last
  std::optional<Record> ahead_;     ///< of a height not reached yet; silent until then
  Stage stage_ = Stage::propose;
  bool ready_ = false;
  bool prevote_timer_ = false;
  bool precommit_timer_ = false;
  bool asked_ = false;  ///< for this height's block, as others are heights ahead
  struct Missed {
    std::uint64_t height = 0;
    Address from = 0;
  };
  std::optional<Missed> missed_;  ///< the latest height of which something came too early
  WaitingRoom waiting_;           ///< for the height after this one
  bool waiting_is_due_ = false;   ///< it is for this height: let it in
  std::optional<ledger::Fault> refusal_;
  Output out_;
};

}  // namespace gridtally::consensus
