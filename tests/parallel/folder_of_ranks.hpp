#pragma once

#include <mpi.h>

#include <array>
#include <exception>
#include <filesystem>
#include <optional>

#include "base/test_folder.hpp"

namespace gridtally {

/// One folder for all ranks of MPI_COMM_WORLD, which are on one host; made and removed
/// collectively.
class FolderOfRanks {
 public:
  FolderOfRanks() {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    std::array<char, 4096> name{};
    std::exception_ptr fault;
    try {
      if (rank == 0) made_.emplace().path().string().copy(name.data(), name.size() - 1);
    } catch (...) {  // the others wait for its name
      fault = std::current_exception();
    }
    MPI_Bcast(name.data(), name.size(), MPI_CHAR, 0, MPI_COMM_WORLD);
    if (fault) std::rethrow_exception(fault);
    if (name[0] == 0) throw IoError("rank 0 has no folder for this test");
    path_ = name.data();
  }
  ~FolderOfRanks() { MPI_Barrier(MPI_COMM_WORLD); }
  FolderOfRanks(const FolderOfRanks&) = delete;
  FolderOfRanks& operator=(const FolderOfRanks&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  std::optional<TestFolder> made_;  ///< on rank 0
  std::filesystem::path path_;
};

}  // namespace gridtally
