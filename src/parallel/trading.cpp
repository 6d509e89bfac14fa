// The paper's Algorithm 1 without blocks and votes:
//   Func C   offers A_u from λ, p'
//   primal   every household solves its problem
//   Func A   the dual update, its state spread over the ranks
#include "parallel/trading.hpp"

#include <utility>

#include "base/stopwatch.hpp"

namespace gridtally::parallel {

namespace {

std::vector<double> thetas(const admm::Households& households, std::size_t slots) {
  std::vector<double> theta(households.size() * slots);
  for (std::size_t i = 0; i < theta.size(); ++i) theta[i] = households.theta(i / slots, i % slots);
  return theta;
}

}  // namespace

admm::Households make_households(model::Community community, const market::Terms& terms,
                                 std::span<const std::uint32_t> own, const SharedMarket& market,
                                 int lanes) {
  std::vector<admm::Household> households;
  households.reserve(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    households.push_back({market.own_rows()[i], terms.graph.partners(own[i]),
                          std::move(community.prosumers[i]), std::move(community.profiles[i])});
  }
  admm::PublicTerms known{
      terms.slots, community.settings.peak_price, terms.p2p_price,
      terms.rho,   community.tariff.grid_price,   community.tariff.reserve_price};
  return {std::move(households), std::move(known), lanes};
}

TradingResult trade(const market::Terms& terms, admm::Households& households,
                    SharedMarket& market) {
  TradingResult result;
  {
    const Stopwatch whole(result.seconds.total);
    while (!market.converged() && market.iteration() < terms.max_iterations) {
      const auto offers = market.offers();
      {
        const Stopwatch watch(result.seconds.qp);
        households.solve(offers, market.rho());
      }
      market.update(thetas(households, terms.slots));
    }
  }
  result.converged = market.converged();
  result.iterations = market.iteration();
  result.residual = market.residual();
  result.seconds.contract = market.contract_seconds();
  result.seconds.exchange = market.exchange_seconds();
  result.exchanges = market.exchanges();
  return result;
}

}  // namespace gridtally::parallel
