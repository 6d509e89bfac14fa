#include "ledger_bench/bench.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "ledger_bench/community.hpp"
#include "ledger_bench/meter_side.hpp"
#include "ledger_bench/usage.hpp"
#include "ledger_bench/validator_side.hpp"

namespace gridtally::ledger_bench {

namespace {

constexpr double longest_warm_up = 1.0;  // [s]

int rank_in(MPI_Comm group) {
  int rank = 0;
  MPI_Comm_rank(group, &rank);
  return rank;
}

int size_of(MPI_Comm group) {
  int size = 0;
  MPI_Comm_size(group, &size);
  return size;
}

// MPI's own waiting takes a whole core.
void wait_asleep(MPI_Request request) {
  for (int done = 0; done == 0;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Frees its communicator.
class Group {
 public:
  explicit Group(bool belongs) {
    MPI_Comm_split(MPI_COMM_WORLD, belongs ? 0 : MPI_UNDEFINED, rank_in(MPI_COMM_WORLD), &comm_);
  }
  ~Group() {
    if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  [[nodiscard]] MPI_Comm comm() const { return comm_; }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
};

// The validators' figures, in rank order, on the meters' rank.
std::vector<Usage> gather(const Usage& mine, MPI_Comm group) {
  constexpr int numbers = sizeof(Usage) / sizeof(double);
  static_assert(sizeof(Usage) % sizeof(double) == 0);
  std::vector<Usage> all(static_cast<std::size_t>(size_of(group)));
  MPI_Gather(&mine, numbers, MPI_DOUBLE, all.data(), numbers, MPI_DOUBLE, size_of(group) - 1,
             group);
  return all;
}

void add_usage(const std::vector<Usage>& all, Step& step) {
  const Usage& meters = all.back();
  step.meter_rss = meters.rss;
  step.meter_cpu = meters.cpu_share();
  for (std::size_t rank = 0; rank + 1 < all.size(); ++rank) {
    step.validator_rss = std::max(step.validator_rss, all[rank].rss);
    if (all[rank].cpu_share() < step.validator_cpu) continue;
    step.validator_cpu = all[rank].cpu_share();
    step.shares = per_second(all[rank]);
  }
}

Step step_of(const MeterSide::Result& result, const Task& task, const cluster::Layout& layout) {
  Step step;
  step.validators = task.validators;
  step.ranks = layout.validator_ranks();
  step.offered = task.rate;
  step.meters = layout.meters();
  step.confirmed = result.confirmed;
  step.blocks = result.blocks;
  step.unheard = result.unheard;
  set_delays(step, result.delays);
  return step;
}

std::optional<Step> play(const Settings& settings, const Task& task, MPI_Comm group) {
  const auto genesis = make_genesis(settings.meters_at(task.rate), task.validators);
  const cluster::Layout layout(size_of(group), static_cast<std::uint32_t>(genesis.meters.size()),
                               task.validators, size_of(group) - 1);
  cluster::Post post(group);
  const UsageMeter meter;
  if (rank_in(group) < layout.validator_ranks()) {
    ValidatorSide side(genesis, layout, post, {settings.deadline, settings.records});
    side.run();
    Usage usage = meter.so_far();
    usage.shares = side.shares();
    post.close();
    gather(usage, group);
    return std::nullopt;
  }
  MeterSide side(genesis, layout, post);
  const double warm_up = std::min(longest_warm_up, settings.seconds);
  Step step = step_of(side.run(task.rate, {warm_up, settings.seconds}), task, layout);
  const Usage usage = meter.so_far();
  post.close();
  add_usage(gather(usage, group), step);
  return step;
}

}  // namespace

Task share_task(Task task) {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibcast(&task, sizeof task, MPI_BYTE, size_of(MPI_COMM_WORLD) - 1, MPI_COMM_WORLD, &request);
  wait_asleep(request);
  return task;
}

std::optional<Step> run_step(const Settings& settings, const Task& task) {
  const int rank = rank_in(MPI_COMM_WORLD);
  const int ranks = size_of(MPI_COMM_WORLD);
  const bool belongs = rank < settings.ranks_for(task.validators, ranks) || rank == ranks - 1;
  const Group group(belongs);
  if (!belongs) return std::nullopt;
  return play(settings, task, group.comm());
}

}  // namespace gridtally::ledger_bench
