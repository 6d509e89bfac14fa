#include "merged/run_together.hpp"

#include <array>
#include <exception>
#include <string>

#include "base/error.hpp"

namespace gridtally::merged {

namespace {
/// What a stage threw on this rank, if it did.
struct Fault {
  std::exception_ptr thrown;
  std::string words;
  ExitStatus status = ExitStatus::failure;
};

Fault fault_of(const std::function<void()>& stage) {
  try {
    stage();
  } catch (const Error& error) {
    return {std::current_exception(), error.what(), error.status()};
  } catch (const std::exception& error) {
    return {std::current_exception(), error.what()};
  }
  return {};
}
}  // namespace

void run_together(MPI_Comm ranks, const std::function<void()>& stage) {
  auto fault = fault_of(stage);
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(ranks, &rank);
  MPI_Comm_size(ranks, &size);
  int first = fault.thrown ? rank : size;
  MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, ranks);
  if (first == size) return;
  std::array<int, 2> head{static_cast<int>(fault.status), static_cast<int>(fault.words.size())};
  MPI_Bcast(head.data(), head.size(), MPI_INT, first, ranks);
  std::string words = fault.words;
  words.resize(static_cast<std::size_t>(head[1]));
  MPI_Bcast(words.data(), head[1], MPI_CHAR, first, ranks);
  if (fault.thrown) std::rethrow_exception(fault.thrown);
  throw Error(words, static_cast<ExitStatus>(head[0]));
}

}  // namespace gridtally::merged
