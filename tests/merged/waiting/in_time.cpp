// Ranks that get further, in steps that together are longer than the watch's patience, and then
// take longer than that aside; one rank never says so, as nobody waits for it.
#include <thread>

#include "merged/progress_watch.hpp"

int main(int argc, char** argv) {
  using gridtally::merged::ProgressWatch;
  using std::chrono::milliseconds;
  MPI_Init(&argc, &argv);
  int ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  {
    ProgressWatch watch(MPI_COMM_WORLD, "a-file", milliseconds(4000));
    for (int step = 0; step < 4; ++step) {
      std::this_thread::sleep_for(milliseconds(1500));
      if (ranks > 1) watch.progress();
    }
    if (ranks > 1) {
      const ProgressWatch::Pause pause(watch);
      std::this_thread::sleep_for(milliseconds(6000));
    }
  }
  MPI_Finalize();
  return 0;
}
