#include <gtest/gtest.h>
#include <mpi.h>

#include "archive/library.hpp"

int main(int argc, char** argv) {
  gridtally::archive::start_hdf5();
  MPI_Init(&argc, &argv);
  ::testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  int any = 0;
  MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  return any;
}
