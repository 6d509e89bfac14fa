#include "scale/report.hpp"

#include <algorithm>
#include <cstdio>

#include "base/process.hpp"
#include "base/text.hpp"
#include "report/json.hpp"

namespace gridtally::scale {

namespace {

constexpr double megabyte = 1e6;

double largest(const std::vector<RankFigures>& ranks, double RankFigures::*figure) {
  double result = 0.0;
  for (const auto& rank : ranks) result = std::max(result, rank.*figure);
  return result;
}

template <class... Values>
std::string line(const char* format, Values... values) {
  char text[200];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

void add_split(report::Json& json, const RankFigures& of, double iterations) {
  json.member("qp", of.qp / iterations)
      .member("contract", of.contract / iterations)
      .member("exchange", of.exchange / iterations);
}

}  // namespace

std::vector<RankFigures> gather_figures(const parallel::TradingResult& result,
                                        std::size_t prosumers, MPI_Comm ranks) {
  int count = 0;
  MPI_Comm_size(ranks, &count);
  const auto& seconds = result.seconds;
  const RankFigures mine{static_cast<double>(prosumers),
                         seconds.qp,
                         seconds.contract,
                         seconds.exchange,
                         static_cast<double>(peak_memory()),
                         static_cast<double>(result.exchanges.meetings),
                         static_cast<double>(result.exchanges.bytes)};
  constexpr int numbers = sizeof(RankFigures) / sizeof(double);
  std::vector<RankFigures> all(static_cast<std::size_t>(count));
  MPI_Gather(&mine, numbers, MPI_DOUBLE, all.data(), numbers, MPI_DOUBLE, 0, ranks);
  return all;
}

std::string Report::json() const {
  const double iterations = std::max(result.iterations, 1);
  report::Json json;
  json.begin_object()
      .member("prosumers", std::uint64_t{prosumers})
      .member("pairs", std::uint64_t{pairs})
      .member("cut_pairs", std::uint64_t{cut_pairs})
      .member("cut_pairs_in_blocks", std::uint64_t{cut_pairs_in_blocks})
      .member("form", form)
      .member("placement", placement)
      .member("lanes", static_cast<std::uint64_t>(lanes))
      .member("rho", rho)
      .member("iterations", static_cast<std::uint64_t>(result.iterations))
      .member("converged", result.converged)
      .member("residual", result.residual)
      .member("startup_seconds", startup_seconds)
      .member("seconds", result.seconds.total)
      .member("seconds_per_iteration", result.seconds.total / iterations);
  json.begin_list("ranks");
  for (const auto& rank : ranks) {
    json.begin_object().member("prosumers", static_cast<std::uint64_t>(rank.prosumers));
    json.begin_object("seconds_per_iteration");
    add_split(json, rank, iterations);
    json.end_object()
        .member("meetings_per_iteration", rank.meetings / iterations)
        .member("received_bytes_per_iteration", rank.received / iterations)
        .member("peak_memory_bytes", rank.memory)
        .end_object();
  }
  return json.end_list().end_object().text();
}

std::string Report::text() const {
  const double per = 1e3 / std::max(result.iterations, 1);  // ms an iteration
  std::string text = line("%zu prosumers, %zu pairs, %s form, %zu ranks, %d lanes\n", prosumers,
                          pairs, form.c_str(), ranks.size(), lanes);
  if (cut_pairs_in_blocks > 0 || cut_pairs > 0) {
    text += line("pairs between ranks: %zu (in blocks: %zu)\n", cut_pairs, cut_pairs_in_blocks);
  }
  text += line("%s after %d iterations, residual %.3g kWh\n",
               result.converged ? "converged" : "stopped", result.iterations, result.residual);
  text += line("per iteration: %.3f ms; slowest rank: qp %.3f, contract %.3f, exchange %.3f ms\n",
               per * result.seconds.total, per * largest(ranks, &RankFigures::qp),
               per * largest(ranks, &RankFigures::contract),
               per * largest(ranks, &RankFigures::exchange));
  double memory = 0.0;
  for (const auto& rank : ranks) memory += rank.memory;
  text += line("peak memory: %.0f MB in all, %.0f MB the largest rank; %.2f s to start\n",
               memory / megabyte, largest(ranks, &RankFigures::memory) / megabyte, startup_seconds);
  return text;
}

}  // namespace gridtally::scale
