#include "cluster/network.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <limits>
#include <map>
#include <thread>
#include <tuple>

#include "base/error.hpp"
#include "base/launcher.hpp"
#include "base/text.hpp"
#include "cluster/tags.hpp"

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

constexpr int too_large = -1;  // beyond what MPI counts

int size_or_too_large(std::size_t size) {
  const bool fits = size <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  return fits ? static_cast<int>(size) : too_large;
}

int checked(int size) {
  if (size != too_large) return size;
  throw Error("a message between ranks is beyond MPI's 2 GiB: use more meters");
}

int size_of(MPI_Comm group) {
  int size = 0;
  MPI_Comm_size(group, &size);
  return size;
}

// MPI's own waiting spins; this sleeps.
template <class Condition>
void sleep_until(const Condition& done) {
  constexpr std::chrono::microseconds shortest{20};
  constexpr std::chrono::microseconds longest{2000};
  for (auto nap = shortest; !done(); nap = std::min(2 * nap, longest)) {
    std::this_thread::sleep_for(nap);
  }
}

void sleep_until_done(std::vector<MPI_Request>& requests) {
  sleep_until([&] {
    int done = 0;
    MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE);
    return done != 0;
  });
}

// Rank 0: what each rank has to say, `mine` first. Nobody says something else before it has heard
// all of this.
std::vector<ledger::Bytes> collect(const ledger::Bytes& mine, MPI_Comm group) {
  std::vector<ledger::Bytes> said(static_cast<std::size_t>(size_of(group)));
  said[0] = mine;
  for (std::size_t missing = said.size() - 1; missing > 0; --missing) {
    int found = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    sleep_until([&] {
      MPI_Improbe(MPI_ANY_SOURCE, share_tag, group, &found, &message, &status);
      return found != 0;
    });
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    auto& bytes = said[static_cast<std::size_t>(status.MPI_SOURCE)];
    bytes.resize(static_cast<std::size_t>(size));
    MPI_Mrecv(bytes.data(), size, MPI_BYTE, &message, MPI_STATUS_IGNORE);
  }
  return said;
}

// Two ways over a slow link: to rank 0, and back.
Letters share_in(const Letters& letters, MPI_Comm group) {
  const ledger::Bytes mine = pack(letters);
  const int own_size = checked(size_or_too_large(mine.size()));
  int rank = 0;
  MPI_Comm_rank(group, &rank);
  ledger::Bytes all;
  int size = 0;
  std::vector<MPI_Request> requests;
  const auto request = [&] { return &requests.emplace_back(MPI_REQUEST_NULL); };
  if (rank == 0) {
    for (const auto& said : collect(mine, group)) all.insert(all.end(), said.begin(), said.end());
    size = size_or_too_large(all.size());
    for (int other = 1; other < size_of(group); ++other) {
      MPI_Isend(&size, 1, MPI_INT, other, share_tag, group, request());
    }
  } else {
    MPI_Isend(mine.data(), own_size, MPI_BYTE, 0, share_tag, group, request());
    MPI_Irecv(&size, 1, MPI_INT, 0, share_tag, group, request());
    sleep_until_done(requests);
    requests.clear();
    all.resize(static_cast<std::size_t>(std::max(size, 0)));
  }
  if (size != too_large) MPI_Bcast(all.data(), size, MPI_BYTE, 0, group);
  sleep_until_done(requests);
  checked(size);
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
  prepare_mpi();
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
  const auto host = host_name();
  const auto letters = share_in({{static_cast<std::uint8_t>(status)},
                                 {host.begin(), host.end()},
                                 {message.begin(), message.end()}},
                                MPI_COMM_WORLD);
  int worst = 0;
  std::vector<Failure> failures;
  for (std::size_t i = 0; i + 2 < letters.size(); i += 3) {
    const auto& [its_status, its_host, its_message] =
        std::tie(letters[i], letters[i + 1], letters[i + 2]);
    worst = std::max(worst, int{its_status.front()});
    failures.push_back(
        {{its_host.begin(), its_host.end()}, {its_message.begin(), its_message.end()}});
  }
  if (worst == 0) return;
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

Network::Network() { MPI_Comm_rank(everyone_, &rank_); }

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
