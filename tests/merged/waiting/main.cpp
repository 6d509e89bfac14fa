// Two ranks or more, of which the first gets no further, so that the others wait for it. Returns
// only if nobody ends the job; without an argument, when all have got on in time.
#include <chrono>
#include <thread>

#include "merged/progress_watch.hpp"

int main(int argc, char** argv) {
  using std::chrono::milliseconds;
  MPI_Init(&argc, &argv);
  const bool wait_for_ever = argc > 1;
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  {
    gridtally::merged::ProgressWatch watch(MPI_COMM_WORLD, wait_for_ever ? argv[1] : "",
                                           milliseconds(4000));
    for (int i = 0; i < 4; ++i) {  // together longer than its patience
      std::this_thread::sleep_for(milliseconds(1500));
      MPI_Barrier(MPI_COMM_WORLD);
      watch.progress();
    }
    if (wait_for_ever && rank == 0) {
      MPI_Recv(nullptr, 0, MPI_BYTE, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  MPI_Finalize();
  return 0;
}
