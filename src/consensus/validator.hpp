#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/executor.hpp"
#include "ledger/evidence.hpp"
#include "ledger/messages.hpp"

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

using Address = std::uint64_t;  ///< whatever the host knows a sender by
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

  /// Everything that must survive a crash, in canonical bytes.
  [[nodiscard]] ledger::Bytes record() const;
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
  [[nodiscard]] const std::optional<ledger::Fault>& last_refusal() const;
};

}  // namespace gridtally::consensus
