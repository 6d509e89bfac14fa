#include "cluster/network.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/text.hpp"

namespace gridtally::cluster {

namespace {

ledger::Bytes pack(const Letters& letters) {
  ledger::ByteWriter out;
  for (const auto& letter : letters) out.blob(letter);
  return out.take();
}

Letters unpack(ledger::ByteView bytes) {
  ledger::ByteReader in(bytes, "message between ranks");
  Letters letters;
  while (in.remaining() > 0) {
    const auto letter = in.blob();
    letters.emplace_back(letter.begin(), letter.end());
  }
  return letters;
}

int checked_size(std::size_t size) {
  if (size > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error("a message of " + std::to_string(size) +
                " bytes between ranks is beyond MPI's 2 GiB: use more meters");
  }
  return static_cast<int>(size);
}

// Where each rank's bytes start, and after the last the total.
std::vector<int> offsets_of(const std::vector<int>& sizes) {
  std::vector<int> offsets(sizes.size() + 1, 0);
  std::size_t total = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    total += static_cast<std::size_t>(sizes[i]);
    offsets[i + 1] = checked_size(total);
  }
  return offsets;
}

int size_of(MPI_Comm group) {
  int size = 0;
  MPI_Comm_size(group, &size);
  return size;
}

Letters share_in(const Letters& letters, MPI_Comm group) {
  const ledger::Bytes mine = pack(letters);
  const int size = checked_size(mine.size());
  std::vector<int> sizes(static_cast<std::size_t>(size_of(group)));
  MPI_Allgather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, group);
  const auto offsets = offsets_of(sizes);
  ledger::Bytes all(static_cast<std::size_t>(offsets.back()));
  MPI_Allgatherv(mine.data(), size, MPI_BYTE, all.data(), sizes.data(), offsets.data(), MPI_BYTE,
                 group);
  return unpack(all);
}

}  // namespace

void keep_processor_in_mpi() { ::setenv("OMPI_MCA_mpi_yield_when_idle", "0", 1); }

MpiSession::MpiSession(int* argc, char*** argv) {
  MPI_Init(argc, argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
}

MpiSession::~MpiSession() { MPI_Finalize(); }

void run_together(const std::function<void()>& stage) {
  int status = 0;
  std::string message;
  try {
    stage();
  } catch (const Error& error) {
    status = static_cast<int>(error.status());
    message = error.what();
  } catch (const std::exception& error) {
    status = static_cast<int>(ExitStatus::failure);
    message = error.what();
  }
  int worst = 0;
  MPI_Allreduce(&status, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  if (worst == 0) return;
  const ledger::Bytes mine(message.begin(), message.end());
  std::vector<std::string> lines;
  for (const auto& letter : share_in({mine}, MPI_COMM_WORLD)) {
    const std::string text(letter.begin(), letter.end());
    for (const auto line : split(text, '\n')) {
      if (!line.empty() && std::find(lines.begin(), lines.end(), line) == lines.end()) {
        lines.emplace_back(line);
      }
    }
  }
  std::string all;
  for (const auto& line : lines) {
    if (!all.empty()) all += '\n';
    all += line;
  }
  throw CommonError(all, static_cast<ExitStatus>(worst));
}

void MpiSession::abort(int status) const {
  MPI_Abort(MPI_COMM_WORLD, status);
  std::abort();
}

Network::Network() {
  MPI_Comm_dup(MPI_COMM_WORLD, &everyone_);
  MPI_Comm_rank(everyone_, &rank_);
}

Network::~Network() { MPI_Comm_free(&everyone_); }

Letters Network::share(const Letters& letters) const { return share_in(letters, everyone_); }

}  // namespace gridtally::cluster
