#include <gtest/gtest.h>

#include <random>

#include "audit/certificate.hpp"
#include "audit/forgery.hpp"
#include "audit/private_replay.hpp"
#include "audit/schedule_checks.hpp"
#include "base/test_folder.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::audit {
namespace {

using archive::PrivateSchedule;
using testing::make_small_run;
using testing::SmallRun;
using testing::SmallRunOptions;

constexpr double rounding = 1e-9;  // [cents] of sums of the small run's costs

/// 0 – 1 without a limit; 0 – 2 and 1 – 2 trade at most 0.2 kWh, which binds.
market::PartnerGraph limited_graph() {
  const std::vector<market::Arc> pairs{{0, 1}, {0, 2, 0.2}, {1, 2, 0.2}};
  return market::PartnerGraph::from_pairs(3, pairs);
}

const SmallRun& plain_run() {
  static const auto run = make_small_run();
  return run;
}

const SmallRun& limited_run() {
  static const auto run = [] {
    SmallRunOptions options;
    options.form = market::Form::pairwise;
    options.graph = limited_graph();
    return make_small_run(options);
  }();
  return run;
}

Report audit_without_solver(const SmallRun& run, const TestFolder& folder) {
  testing::write_archive(folder / "archive", run);
  testing::write_private(folder / "private", run);
  PrivateReplay replay(folder / "private", Depth::certificate);
  Options options;
  options.companion = replay.companion();
  auto report = audit_archive(folder / "archive", options);
  replay.describe(report);
  return report;
}

/// Each prosumer's problem of a day, with the schedule and multipliers kept.
struct Problem {
  admm::Household household;
  PrivateSchedule kept;
  qp::DayProblem day;
};

std::vector<Problem> problems_of(const SmallRun& run, const admm::PublicTerms& terms,
                                 std::uint32_t day) {
  std::vector<Problem> problems;
  for (const auto& file : run.private_files) {
    for (const auto& home : file.prosumers) {
      problems.push_back({meter::household(run.genesis, home), home.schedules[day], {}});
    }
  }
  for (auto& [household, kept, problem] : problems) {
    problem = admm::day_problem(terms, household, day, kept.battery_start);
  }
  return problems;
}

double cost_of(const std::vector<Problem>& problems) {
  double sum = 0.0;
  for (const auto& p : problems) sum += qp::cost(p.day, solution_of(p.kept));
  return sum;
}

double bound_of(const SmallRun& run, const std::vector<Problem>& problems,
                const market::ClearingPrices& prices) {
  double sum = 0.0;
  for (const auto& p : problems) {
    sum += qp::dual_bound(p.day, prices.of(p.household.index).data(), solution_of(p.kept));
  }
  return sum - market::congestion_rent(run.genesis.terms, prices);
}

market::ClearingPrices prices_of(const SmallRun& run, std::uint32_t day) {
  return run.day_ends[day].prices;
}

TEST(Certificate, OfARunHoldsWithoutASolver) {
  for (const auto* run : {&plain_run(), &limited_run()}) {
    const TestFolder folder;
    const auto report = audit_without_solver(*run, folder);
    ASSERT_EQ(report.verdict, Verdict::sound) << describe(*report.fault);
    EXPECT_EQ(report.meters_certified, 2U);
    EXPECT_EQ(report.meters_replayed, 0U);
    ASSERT_EQ(report.days.size(), testing::small_days);
    for (const auto& day : report.days) {
      EXPECT_TRUE(day.certified);
      EXPECT_EQ(day.gap, summarise_day(run->day_ends[day.day]).gap);
      EXPECT_LT(day.gap, 1e-6);
      EXPECT_GE(day.gap, -1e-12);
    }
  }
  EXPECT_GT(limited_run().day_ends[0].congestion_rent, 1.0) << "the limits should bind";
}

TEST(Certificate, OfSomeMetersNamesNoGap) {
  const TestFolder folder;
  testing::write_archive(folder / "archive", plain_run());
  testing::write_private(folder / "private", plain_run());
  std::filesystem::remove(folder / "private" / archive::private_file_name(1));
  PrivateReplay replay(folder / "private", Depth::certificate);
  Options options;
  options.companion = replay.companion();
  auto report = audit_archive(folder / "archive", options);
  replay.describe(report);
  EXPECT_EQ(report.verdict, Verdict::sound);
  EXPECT_EQ(report.meters_certified, 1U);
  for (const auto& day : report.days) EXPECT_FALSE(day.certified);
}

/// A number of the private file moved: home 1 of meter 0 on day 1.
struct Case {
  const char* name;
  std::function<void(PrivateSchedule&)> change;
  const char* what;
};

TEST(Certificate, NamesEachNumberThatWasMoved) {
  using S = PrivateSchedule;
  const auto moved = [](std::vector<double> S::*series, double by) {
    return [series, by](S& kept) { (kept.*series)[2] += by; };
  };
  const std::vector<Case> cases{
      {"schedule", moved(&S::grid, 1e-9), "commitment to the schedule"},
      {"start", [](S& kept) { kept.battery_start += 0.1; }, "level before the day"},
      {"cost", [](S& kept) { kept.cost += 1.0; }, "cost"},
      {"premium", moved(&S::premium, 1e-9), "price of the lower bound"},
      {"peak share", moved(&S::peak_share, 0.5), "lower bound that the multipliers prove"},
      {"flexible price", [](S& kept) { kept.flexible_price -= 0.5; }, "lower bound that"},
      {"no number", moved(&S::reserve_share, std::numeric_limits<double>::quiet_NaN()),
       "lower bound that"},
  };
  for (const auto& tested : cases) {
    SCOPED_TRACE(tested.name);
    auto run = make_small_run();
    tested.change(run.private_files[0].prosumers[1].schedules[1]);
    const TestFolder folder;
    const auto report = audit_without_solver(run, folder);
    ASSERT_EQ(report.verdict, Verdict::unsound);
    EXPECT_NE(report.fault->what.find(tested.what), std::string::npos) << describe(*report.fault);
    EXPECT_EQ(report.fault->meter, 0U);
    EXPECT_EQ(report.fault->prosumer, 1U);
    EXPECT_EQ(report.fault->day, 1U);
    EXPECT_EQ(report.fault->file, "meter-00000.h5");
  }
}

TEST(Certificate, FindsAMeterThatClaimsABetterCostOrBound) {
  const std::vector<std::pair<double ledger::Acceptance::*, const char*>> claims{
      {&ledger::Acceptance::cost, "cost of the schedule"},
      {&ledger::Acceptance::bound, "lower bound that the multipliers prove"}};
  for (const auto& [claim, what] : claims) {
    SmallRunOptions options;
    options.before_signing = [claim = claim](ledger::Transaction& transaction) {
      if (transaction.meter == 1 && !transaction.acceptances.empty()) {
        transaction.acceptances[0].*claim -= 0.5;
      }
    };
    const auto run = make_small_run(options);
    const TestFolder folder;
    const auto report = audit_without_solver(run, folder);
    ASSERT_EQ(report.verdict, Verdict::unsound);
    EXPECT_NE(report.fault->what.find(what), std::string::npos) << describe(*report.fault);
    EXPECT_EQ(report.fault->prosumer, 2U);
    EXPECT_EQ(report.fault->day, 0U);
  }
}

TEST(Certificate, GapOpensWithAWorseScheduleAndWithAnotherMultiplier) {
  const auto& run = plain_run();
  const auto terms = meter::public_terms(run.genesis);
  auto problems = problems_of(run, terms, 0);
  const auto prices = prices_of(run, 0);
  const double best = relative_gap(cost_of(problems), bound_of(run, problems, prices));
  EXPECT_LT(best, 1e-6);
  // Home 0 leaves 0.01 kWh of its sun unused and buys them from the grid: feasible, and dearer.
  auto& schedule = problems[0].kept;
  const auto sunny = static_cast<std::size_t>(
      std::max_element(schedule.renewable.begin(), schedule.renewable.end()) -
      schedule.renewable.begin());
  schedule.renewable[sunny] -= 0.01;
  schedule.grid[sunny] += 0.01;
  auto home = run.private_files[0].prosumers[0];
  schedule.cost = qp::cost(problems[0].day, solution_of(schedule));
  const auto net_trade = std::span(run.day_ends[0].net_trades).first(testing::small_slots);
  ASSERT_FALSE(check_schedule(run.genesis, home, 0, schedule, net_trade));
  EXPECT_GT(relative_gap(cost_of(problems), bound_of(run, problems, prices)), 1e-4);

  problems = problems_of(run, terms, 0);
  problems[1].kept.flexible_price += 1.0;
  EXPECT_GT(relative_gap(cost_of(problems), bound_of(run, problems, prices)), 1e-4);
}

/// Numbers in [−reach, reach).
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  double operator()(double reach) {
    return reach * (static_cast<double>(engine_() >> 11) * 0x1p-52 - 1.0);
  }

 private:
  std::mt19937_64 engine_;
};

/// Any price where a pair has a limit, one price for prosumers 0 and 1 otherwise.
market::ClearingPrices random_prices(const SmallRun& run, Random& number, double reach) {
  const bool limits = run.genesis.terms.graph.has_limits();
  market::ClearingPrices prices{testing::small_slots, {0, 0, limits ? 1U : 0U}, {}};
  prices.premium.resize((limits ? 2U : 1U) * std::size_t{testing::small_slots});
  for (auto& q : prices.premium) q = number(reach);
  return prices;
}

TEST(Certificate, IsALowerBoundForAnyPricesAndMultipliers) {
  for (const auto* run : {&plain_run(), &limited_run()}) {
    const auto terms = meter::public_terms(run->genesis);
    for (unsigned seed = 1; seed <= 300; ++seed) {
      Random number(seed);
      const std::uint32_t day = seed % testing::small_days;
      auto problems = problems_of(*run, terms, day);
      const double cost = cost_of(problems);
      auto prices = prices_of(*run, day);
      const double reach = seed % 3 == 0 ? 0.01 : seed % 3 == 1 ? 1.0 : 40.0;
      if (seed % 2 == 0) prices = random_prices(*run, number, reach);
      for (auto& p : problems) {
        for (auto* row : {&p.kept.battery_price, &p.kept.peak_share, &p.kept.reserve_share}) {
          for (auto& value : *row) value += number(reach);
        }
        p.kept.flexible_price += number(reach);
      }
      EXPECT_LE(bound_of(*run, problems, prices), cost + rounding) << seed;
    }
  }
}

}  // namespace
}  // namespace gridtally::audit
