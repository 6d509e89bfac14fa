#pragma once

#include <set>
#include <tuple>
#include <utility>

#include "consensus/offer_book.hpp"
#include "consensus/vote_book.hpp"

namespace gridtally::consensus {

/// All that was said at one height.
struct Proceedings {
  Proceedings(Committee who, Executor& executor)
      : committee(std::move(who)),
        votes(committee, executor.verifier()),
        offers(committee, executor) {}
  Proceedings(const Proceedings&) = delete;
  Proceedings& operator=(const Proceedings&) = delete;

  Committee committee;
  VoteBook votes;
  OfferBook offers;
  /// (kind, round, accused, step) of the evidence given out.
  std::set<std::tuple<ledger::EvidenceKind, std::uint32_t, std::uint32_t, ledger::Step>> accused;
  /// (round, voter) to whom this validator has shown an offer other than the one voted for.
  std::set<std::pair<std::uint32_t, std::uint32_t>> shown;
};

}  // namespace gridtally::consensus
