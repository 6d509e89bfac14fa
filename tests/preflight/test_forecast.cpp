#include <gtest/gtest.h>

#include "base/error.hpp"
#include "preflight/forecast.hpp"
#include "preflight/program.hpp"
#include "preflight/report.hpp"

namespace gridtally::preflight {
namespace {

Measurement a_day() {
  Measurement measured;
  measured.whole_day = true;
  measured.blocks = 100;
  measured.seconds = 10.0;
  measured.qp_seconds = 4.0;
  measured.memory = 50'000'000;
  measured.archive_bytes = 1'000'000;
  measured.private_bytes = 10'000;
  return measured;
}

Plan on_ranks(std::uint64_t ranks) { return {7, 5000, ranks, 4, 10}; }

TEST(Forecast, OfOneProcessHoldsWhatItMeasured) {
  const auto expected = forecast(a_day(), on_ranks(1));
  EXPECT_DOUBLE_EQ(expected.iterations.low, 50.0);
  EXPECT_DOUBLE_EQ(expected.iterations.high, 200.0);
  EXPECT_LE(expected.seconds.low, 7 * 10.0);
  EXPECT_DOUBLE_EQ(expected.seconds.high, 7 * 200 * 0.1);
  EXPECT_EQ(expected.disk, 7U * (200 * 10'000 + 10'000));
  EXPECT_EQ(expected.memory_a_rank, 50'000'000U);
}

TEST(Forecast, ProblemsSpreadOverRanksOfMeters) {
  EXPECT_LT(forecast(a_day(), on_ranks(14)).seconds.low,
            forecast(a_day(), on_ranks(2)).seconds.low);
}

TEST(Forecast, OfAPartOfADayReachesToTheLimit) {
  auto measured = a_day();
  measured.whole_day = false;
  const auto expected = forecast(measured, on_ranks(2));
  EXPECT_DOUBLE_EQ(expected.iterations.low, 100.0);
  EXPECT_DOUBLE_EQ(expected.iterations.high, 5000.0);
}

TEST(Forecast, TimeToAskForHasRoom) {
  Forecast expected;
  expected.seconds.high = 1.0;
  EXPECT_EQ(minutes_to_ask_for(expected), 5U);
  expected.seconds.high = 3600.0;
  EXPECT_EQ(minutes_to_ask_for(expected), 76U);
}

TEST(Report, NamesWhatFailedAndThenHasNoLineToSubmit) {
  Request request;
  request.community = "homes";
  request.output = "results/a";
  request.nodes = 2;
  request.tasks_a_node = 3;
  request.partition = "big";
  Outcome outcome;
  outcome.measured = a_day();
  outcome.plan = on_ranks(6);
  outcome.forecast = forecast(outcome.measured, outcome.plan);
  EXPECT_EQ(submit_line(request, outcome),
            "sbatch --nodes=2 --ntasks-per-node=3 --time=0:05:00 --mem-per-cpu=60M --partition=big "
            "jobs/slurm/run.sbatch homes results/a");
  EXPECT_NE(text_report(request, outcome).find("sbatch"), std::string::npos);
  request.validators = 20;
  request.community = "my homes";
  const auto line = submit_line(request, outcome);
  EXPECT_TRUE(line.starts_with("GRIDTALLY_VALIDATORS=20 sbatch")) << line;
  EXPECT_TRUE(line.ends_with("run.sbatch 'my homes' results/a")) << line;
  outcome.checks.push_back({Level::failure, "disk", "full", "make room"});
  const auto text = text_report(request, outcome);
  EXPECT_EQ(text.find("sbatch"), std::string::npos);
  EXPECT_NE(text.find("FAILURE  disk: full\n           make room\n"), std::string::npos);
  EXPECT_NE(json_report(request, outcome).find("\"ready\": false"), std::string::npos);
}

TEST(Program, GivesBackWhatAnotherSaid) {
  const auto ended = run({"sh", "-c", "echo out; echo err >&2; exit 5"});
  EXPECT_EQ(ended.status, 5);
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_EQ(ended.errors, "err\n");
  EXPECT_GT(ended.peak_memory, 0U);
}

TEST(Program, ThatIsNotThereOrWasKilled) {
  EXPECT_EQ(run({"gridtally-no-such-program"}).status, 127);
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"}).status, 128 + 9);
}

TEST(Program, MayFillBothPipes) {
  const auto ended = run({"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"});
  EXPECT_EQ(ended.out.size(), 300000U);
  EXPECT_EQ(ended.errors.size(), 300000U);
}

}  // namespace
}  // namespace gridtally::preflight
