// Built with MPI, which is started only under a launcher: it takes longer to start than many an
// archive takes to audit.
#include <mpi.h>

#include <limits>
#include <numeric>
#include <string>

#include "auditors/auditors.hpp"
#include "base/error.hpp"
#include "base/launcher.hpp"

namespace gridtally::auditors {

namespace {

int size_of(const ledger::Bytes& word) {
  if (word.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return static_cast<int>(word.size());
  }
  throw Error("a report of " + std::to_string(word.size()) + " bytes is too large for a message");
}

std::vector<ledger::Bytes> gather(const ledger::Bytes& word, std::size_t count) {
  const int own = size_of(word);
  std::vector<int> sizes(count);
  MPI_Allgather(&own, 1, MPI_INT, sizes.data(), 1, MPI_INT, MPI_COMM_WORLD);
  std::vector<int> starts(count);
  std::exclusive_scan(sizes.begin(), sizes.end(), starts.begin(), 0);
  ledger::Bytes all(static_cast<std::size_t>(starts.back()) +
                    static_cast<std::size_t>(sizes.back()));
  MPI_Allgatherv(word.data(), own, MPI_BYTE, all.data(), sizes.data(), starts.data(), MPI_BYTE,
                 MPI_COMM_WORLD);
  std::vector<ledger::Bytes> words;
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = all.begin() + starts[i];
    words.emplace_back(first, first + sizes[i]);
  }
  return words;
}

}  // namespace

Auditors::Auditors() {
  if (!is_launched()) return;
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  int index = 0;
  int count = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &index);
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  index_ = static_cast<std::uint32_t>(index);
  count_ = static_cast<std::uint32_t>(count);
}

Auditors::~Auditors() {
  int started = 0;
  MPI_Initialized(&started);
  if (started != 0) MPI_Finalize();
}

audit::Share Auditors::share() const {
  return {index_, count_,
          [count = count_](const ledger::Bytes& word) { return gather(word, count); }};
}

void Auditors::end_all(int status) const {
  if (count_ > 1) MPI_Abort(MPI_COMM_WORLD, status);
  std::exit(status);
}

}  // namespace gridtally::auditors
