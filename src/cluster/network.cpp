#include "cluster/network.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <limits>
#include <map>
#include <numeric>
#include <thread>

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

// MPI's collectives spin while they wait; this sleeps until all are there.
void meet(MPI_Comm group) {
  constexpr std::chrono::microseconds shortest{20};
  constexpr std::chrono::microseconds longest{2000};
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(group, &request);
  int done = 0;
  for (auto nap = shortest;; nap = std::min(2 * nap, longest)) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done != 0) return;
    std::this_thread::sleep_for(nap);
  }
}

Letters share_in(const Letters& letters, MPI_Comm group) {
  const ledger::Bytes mine = pack(letters);
  const int size = checked_size(mine.size());
  std::vector<int> sizes(static_cast<std::size_t>(size_of(group)));
  meet(group);
  MPI_Allgather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, group);
  const auto offsets = offsets_of(sizes);
  ledger::Bytes all(static_cast<std::size_t>(offsets.back()));
  MPI_Allgatherv(mine.data(), size, MPI_BYTE, all.data(), sizes.data(), offsets.data(), MPI_BYTE,
                 group);
  return unpack(all);
}

// A message's lines, each once.
std::vector<std::string> lines_of(const std::string& message) {
  std::vector<std::string> lines;
  for (const auto line : split(message, '\n')) {
    if (!line.empty() && std::find(lines.begin(), lines.end(), line) == lines.end()) {
      lines.emplace_back(line);
    }
  }
  return lines;
}

}  // namespace

void keep_processor_in_mpi() { ::setenv("OMPI_MCA_mpi_yield_when_idle", "0", 1); }

MpiSession::MpiSession(int* argc, char*** argv) {
  MPI_Init(argc, argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
}

std::string host_name() {
  std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
  int length = 0;
  MPI_Get_processor_name(name.data(), &length);
  return {name.data(), static_cast<std::size_t>(length)};
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
  meet(MPI_COMM_WORLD);
  MPI_Allreduce(&status, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  if (worst == 0) return;
  const auto host = host_name();
  const auto letters =
      share_in({{host.begin(), host.end()}, {message.begin(), message.end()}}, MPI_COMM_WORLD);
  std::vector<Failure> failures;
  for (std::size_t i = 0; i + 1 < letters.size(); i += 2) {
    failures.push_back(
        {{letters[i].begin(), letters[i].end()}, {letters[i + 1].begin(), letters[i + 1].end()}});
  }
  throw CommonError(in_words(failures), static_cast<ExitStatus>(worst));
}

std::string in_words(const std::vector<Failure>& failures) {
  const bool hosts = std::any_of(failures.begin(), failures.end(), [&](const Failure& each) {
    return each.host != failures.front().host;
  });
  std::map<std::string, std::size_t, std::less<>> ranks_that_say;
  for (const auto& each : failures) {
    for (const auto& line : lines_of(each.message)) ++ranks_that_say[line];
  }
  std::vector<std::string> said;
  for (const auto& each : failures) {
    for (const auto& line : lines_of(each.message)) {
      const bool everyone = ranks_that_say.find(line)->second >= failures.size();
      const auto words = (hosts && !everyone ? each.host + ": " : "") + line;
      if (std::find(said.begin(), said.end(), words) == said.end()) said.push_back(words);
    }
  }
  std::string all;
  for (const auto& line : said) all += (all.empty() ? "" : "\n") + line;
  return all;
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

std::vector<std::string> Network::hosts() const {
  const auto mine = host_name();
  std::vector<std::string> all;
  for (const auto& name : share({{mine.begin(), mine.end()}})) {
    all.emplace_back(name.begin(), name.end());
  }
  return all;
}

}  // namespace gridtally::cluster
