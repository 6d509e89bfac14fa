#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/test_folder.hpp"
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
  measured.memory_before = 30'000'000;
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
  EXPECT_EQ(expected.memory_a_rank, 70'000'000U);  // what it held before, and twice what it grew
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

TEST(Forecast, OfAPartOfADayFollowsItsResidual) {
  auto measured = a_day();
  measured.whole_day = false;
  measured.milestones = {{10, 1e2}, {60, 1e-1}, {100, 1e-4}};  // six powers of ten in 90 iterations
  const auto expected = forecast(measured, on_ranks(2));       // two more in 30
  EXPECT_DOUBLE_EQ(expected.iterations.low, 100.0);            // as many are done already
  EXPECT_DOUBLE_EQ(expected.iterations.high, 260.0);
}

TEST(Forecast, OfAResidualThatDoesNotFallReachesToTheLimit) {
  auto measured = a_day();
  measured.whole_day = false;
  measured.milestones = {{10, 1.0}, {20, 2.0}};
  EXPECT_DOUBLE_EQ(forecast(measured, on_ranks(2)).iterations.high, 5000.0);
}

TEST(Forecast, StartingIsPartOfTheTime) {
  auto measured = a_day();
  const auto without = forecast(measured, on_ranks(14));
  measured.starting = 100.0;
  const auto with = forecast(measured, on_ranks(14));
  EXPECT_DOUBLE_EQ(with.seconds.high, without.seconds.high + 100.0);
  EXPECT_DOUBLE_EQ(with.seconds.low, without.seconds.low + 10.0);  // ten ranks of meters
}

TEST(Forecast, MilestonesAreReadFromARunThatTalks) {
  const auto found = milestones_in(
      "10 meters\nday 0 (1 of 1): iteration 10, residual 2.1e2 kWh, 1 blocks/s, 59 s left\n"
      "day 0 (1 of 1): iteration 20, residual 1.7e-1 kWh, 2 blocks/s\n"
      "day 0 (1 of 1): iteration 1, residual 7e-7 kWh\nday 0 (1 of 1): converged in 20 "
      "iterations\n");
  EXPECT_EQ(found, (std::vector<Milestone>{{10, 210.0}, {20, 0.17}}));
}

TEST(Forecast, TimeToAskForHasRoom) {
  Forecast expected;
  expected.seconds.high = 1.0;
  EXPECT_EQ(minutes_to_ask_for(expected, {}), 5U);
  expected.seconds.high = 3600.0;
  EXPECT_EQ(minutes_to_ask_for(expected, {}), 76U);
  EXPECT_EQ(minutes_to_ask_for(expected, 90), 76U);
  EXPECT_EQ(minutes_to_ask_for(expected, 60), 60U);
}

TEST(Forecast, SlurmsWordsForATime) {
  EXPECT_EQ(minutes_in("infinite"), std::nullopt);
  EXPECT_EQ(minutes_in("30:00"), 30U);
  EXPECT_EQ(minutes_in("2:30:00"), 150U);
  EXPECT_EQ(minutes_in("1-02:30:00"), 1590U);
}

TEST(Report, SaysWhereAJobMayNotHaveTheTimeThatItNeeds) {
  Request request;
  Outcome outcome;
  outcome.forecast.seconds.high = 36000.0;
  EXPECT_EQ(text_report(request, outcome).find("queues itself again"), std::string::npos);
  outcome.longest = 60;
  const auto text = text_report(request, outcome);
  EXPECT_NE(text.find("1:00:00 at most, and this one may need 12:31:00"), std::string::npos)
      << text;
  EXPECT_NE(text.find(" --time=1:00:00 "), std::string::npos) << text;
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
            "sbatch --nodes=2 --ntasks-per-node=3 --time=0:05:00 --mem-per-cpu=84M --partition=big "
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

TEST(Program, IsAskedToStopSomeTimeAfterItHasBegun) {
  const TestFolder folder;
  const auto trapped = folder / "trapped";
  int looks = 0;
  const Stop stop{[&] { return ++looks > 3 && std::filesystem::exists(trapped); }, 0.3};
  const auto ended =
      run({"sh", "-c",
           "trap 'exit 75' USR1; : >'" + trapped.string() + "'; while :; do sleep 0.05; done"},
          &stop);
  EXPECT_EQ(ended.status, 75);
  EXPECT_GE(ended.seconds, 0.6);
}

TEST(Program, MayFillBothPipes) {
  const auto ended = run({"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"});
  EXPECT_EQ(ended.out.size(), 300000U);
  EXPECT_EQ(ended.errors.size(), 300000U);
}

}  // namespace
}  // namespace gridtally::preflight
