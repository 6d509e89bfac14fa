#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gridtally::consensus {

/// What a schedule may hold, and what may come of it.
enum class Incident : std::uint8_t {
  // The network.
  message_dropped,
  message_delayed,
  message_duplicated,
  message_reordered,
  partition,
  // Hosts.
  crash_before_record,
  crash_before_sending,
  crash_after_sending,
  commit_lost,
  restart,
  late_transactions,
  member_added,
  member_removed,
  // Faulty validators.
  offer_withheld,
  offer_to_some,
  two_offers,
  wrong_state_root,
  prevotes_forged,
  valid_block_offered_again,
  vote_withheld,
  vote_nil,
  vote_stray,
  vote_to_one,
  two_votes,
  body_changed,
  vote_forged,
  certificate_forged,
  rounds_spammed,
  message_replayed,
  // What came of it.
  commit_in_round_0,
  commit_in_later_round,
  block_of_earlier_round_committed,
  offered_again_by_honest,
  block_fetched,
  evidence_two_offers,
  evidence_two_votes,
  evidence_wrong_block,
  evidence_stray_vote,
  count,
};
std::string_view name(Incident incident);
using Tally = std::array<std::size_t, static_cast<std::size_t>(Incident::count)>;

struct Report {
  std::string violation;  ///< empty: every promise was kept
  Tally tally{};
};

/// One random schedule: honest validators run the program's code over a network in virtual time,
/// with a fault each now and then and up to f faulty members, until the network heals; then every
/// honest one must get on to the target height. A function of the seed.
Report simulate(std::uint32_t seed);

/// More than f members say nothing: nobody may commit, and the others name them.
Report simulate_halt(std::uint32_t seed);

}  // namespace gridtally::consensus
