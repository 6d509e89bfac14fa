// Ranks that write a merged file, of which the first fails within H5Dwrite, without the others:
// they wait for it there. Ends with 1 if nobody ends the job. Argument: where to
// write; nobody removes it.
#include <dlfcn.h>
#include <hdf5.h>

#include <iostream>

#include "archive/library.hpp"
#include "merged/merged_file_test.hpp"

namespace {
int rank = 0;
}

extern "C" herr_t H5Dwrite(hid_t dataset, hid_t memory_type, hid_t memory, hid_t space,
                           hid_t transfer, const void* data) {
  using Function = herr_t(hid_t, hid_t, hid_t, hid_t, hid_t, const void*);
  static auto* const real = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, "H5Dwrite"));
  return rank == 0 ? -1 : real(dataset, memory_type, memory, space, transfer, data);
}

int main(int argc, char** argv) {
  using namespace gridtally;
  archive::start_hdf5();
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  int ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const auto folder = std::filesystem::path(argv[1]) / ("ranks" + std::to_string(ranks));
  if (rank == 0) std::filesystem::create_directories(folder);
  MPI_Barrier(MPI_COMM_WORLD);
  const auto genesis = merged::make_genesis();
  const auto files = merged::files_of_rank(genesis, rank, ranks, 1);
  try {
    write_merged_file(MPI_COMM_WORLD, folder, genesis, merged::share_of(files), 1,
                      std::chrono::seconds(2));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
  MPI_Finalize();
  return 1;
}
