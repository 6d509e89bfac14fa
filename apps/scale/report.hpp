#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "market/contract.hpp"
#include "parallel/trading.hpp"

namespace gridtally::scale {

/// What one rank measured.
struct RankFigures {
  double prosumers = 0.0;
  double qp = 0.0;        ///< [s]
  double contract = 0.0;  ///< [s]
  double exchange = 0.0;  ///< [s], waiting for other ranks included
  double memory = 0.0;    ///< peak resident set [bytes]
  double meetings = 0.0;  ///< collective calls
  double received = 0.0;  ///< in them, from other ranks [bytes]
};

struct Report {
  std::size_t prosumers = 0;
  std::size_t pairs = 0;
  std::size_t cut_pairs = 0;            ///< by the placement
  std::size_t cut_pairs_in_blocks = 0;  ///< had prosumers been placed in blocks
  std::string form;
  std::string placement;
  int lanes = 0;
  double rho = 0.0;              ///< [cents/kWh²]
  double startup_seconds = 0.0;  ///< reading or making homes, placing them
  parallel::TradingResult result;
  std::vector<RankFigures> ranks;  ///< on rank 0

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string json() const;
};

/// Everyone's figures, in rank order, on rank 0. Collective.
std::vector<RankFigures> gather_figures(const parallel::TradingResult& result,
                                        std::size_t prosumers, MPI_Comm ranks);

}  // namespace gridtally::scale
