#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/alarms.hpp"
#include "cluster/fault_plan.hpp"
#include "cluster/layout.hpp"
#include "cluster/post.hpp"
#include "cluster/transaction_pool.hpp"
#include "cluster/vote_records.hpp"
#include "consensus/validator.hpp"

namespace gridtally::cluster {

/// How long validators wait for what.
struct Patience {
  consensus::Timeouts timeouts;
  /// The next block is made without the meters that have not spoken after this time, as far as
  /// Genesis::staleness allows; nothing: it waits for all.
  std::optional<std::chrono::milliseconds> deadline;
};

/// Where a host's time went [s]; processor time but for the records.
struct HostTimes {
  double transaction_signatures = 0.0;
  double encoding = 0.0;
  double sending = 0.0;
  double records = 0.0;            ///< wall time: a disk's
  std::uint64_t signed_words = 0;  ///< votes, offers and blocks
};

/// The validators of one rank: hands them what arrives, sends what they say, keeps their time.
/// They share one pool, one execution of each block, one check of each signature.
class ValidatorHost {
 public:
  /// References must outlive it. `keys` of layout.validators_of(rank), in order; they go on from
  /// `position`, bound by their `records` of an earlier life. Without `records` nothing is kept for
  /// a crash, as fits keys that die with the process.
  ValidatorHost(consensus::Executor& executor, consensus::SharedPosition position,
                const Layout& layout, Post& post, const std::vector<ledger::SecretKey>& keys,
                std::optional<VoteRecords> records, const Patience& patience,
                const FaultPlan& faults);

  void start();
  /// A message of another rank; a Request is the caller's to answer.
  void receive(const ledger::Message& message, int from);
  void add_transaction(ledger::ByteView transaction);
  void add_ballot(const ledger::Ballot& ballot);
  /// True: no block may be begun for now; the archive must catch up.
  void hold(bool held) { held_ = held; }
  /// Timers, the deadline, a proposal that has become possible. True when anything was done.
  bool tick(Clock::time_point now);
  [[nodiscard]] Clock::time_point next_alarm() const;

  /// Blocks that this rank has committed since the last call, in height order.
  std::vector<std::pair<ledger::Committed, consensus::SharedPosition>> take_commits();
  std::vector<ledger::Evidence> take_evidence();

  [[nodiscard]] const consensus::SharedPosition& position() const { return position_; }
  /// Since when a block could have been made; nothing: it could not, or there it is.
  [[nodiscard]] std::optional<Clock::time_point> ready_since() const { return ready_since_; }
  /// Meters that are waited for.
  [[nodiscard]] std::vector<std::uint32_t> waits_for() const;
  [[nodiscard]] const HostTimes& times() const { return times_; }
  /// "height 40 found no quorum in 5 rounds: nothing heard of validators 2, 3 of 4, …"
  [[nodiscard]] std::string quorum_trouble() const;

 private:
  struct Hosted {
    std::unique_ptr<consensus::Validator> validator;
    const ledger::SecretKey* key = nullptr;
    std::uint32_t number = 0;  ///< of its key file: names it in a fault plan
    std::uint64_t told_ready = 0;
    std::optional<consensus::Record> unsaved;         ///< what is not in the records yet
    std::map<ledger::Digest, ledger::Digest> forged;  ///< offers replaced, by the honest hash
  };
  void deliver(std::size_t receiver, const ledger::Message& message, consensus::Address from);
  void route(std::size_t sender, consensus::Output output);
  void speak(std::size_t sender, const consensus::Envelope& envelope);
  void answer(consensus::Address to, const ledger::Message& message);
  Post::Contents written(const ledger::Message& message);
  void broadcast(std::size_t sender, const ledger::Message& message, bool to_odd_ones_only = false);
  bool misbehave(std::size_t sender, const ledger::Message& message);
  void equivocate(std::size_t sender, const ledger::Message& message);
  [[nodiscard]] ledger::Message with_wrong_root(std::size_t sender, const ledger::Message& message);
  void settle();
  void make_records_durable();
  void commit(const ledger::Committed& committed);
  void begin_height(Clock::time_point now);
  [[nodiscard]] std::set<std::uint32_t> unheard(const consensus::Validator& listener) const;
  [[nodiscard]] bool is_foremost(const Hosted& hosted) const;
  [[nodiscard]] bool may_go_on(Clock::time_point now) const;
  bool propose();

  consensus::Executor& executor_;
  const Layout& layout_;
  Post& post_;
  std::optional<VoteRecords> records_;
  Patience patience_;
  const FaultPlan& faults_;
  TransactionPool pool_;
  std::vector<Hosted> hosted_;
  Alarms alarms_;
  consensus::SharedPosition position_;  ///< of the validator that is furthest
  std::vector<std::pair<ledger::Committed, consensus::SharedPosition>> commits_;
  std::vector<ledger::Evidence> evidence_;
  struct AtHome {
    std::size_t receiver = 0;
    consensus::Address from = 0;
    ledger::Message message;
  };
  std::deque<AtHome> inbox_;                              ///< for validators of this rank
  std::vector<std::pair<int, Post::Contents>> outgoing_;  ///< wait for the records to be durable
  std::optional<Clock::time_point> begun_;  ///< when the pool began to wait for this height
  std::optional<Clock::time_point> ready_since_;
  bool held_ = false;
  HostTimes times_;
};

}  // namespace gridtally::cluster
