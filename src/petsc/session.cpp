#include "petsc/session.hpp"

#include <omp.h>

#include <cctype>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/launcher.hpp"

namespace gridtally::petsc {

namespace {

bool is_petsc_option(const char* word) {
  return word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1])) != 0 &&
         std::string_view(word) != "-h";
}

// A dash before a digit is a sign.
bool is_value(const char* word) {
  return word[0] != '-' || std::isdigit(static_cast<unsigned char>(word[1])) != 0;
}

}  // namespace

CommandLine take_apart(int argc, char* const* argv) {
  CommandLine words;
  if (argc > 0) {
    words.program.push_back(argv[0]);
    words.petsc.push_back(argv[0]);
  }
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--") {
      words.petsc.insert(words.petsc.end(), argv + i + 1, argv + argc);
      break;
    }
    const bool petsc = is_petsc_option(argv[i]);
    (petsc ? words.petsc : words.program).push_back(argv[i]);
    if (petsc && i + 1 < argc && is_value(argv[i + 1])) words.petsc.push_back(argv[++i]);
  }
  return words;
}

Session::Session(int argc, char** argv) : words_(take_apart(argc, argv)) {
  prepare_mpi();
  auto petsc = words_.petsc;
  int count = static_cast<int>(petsc.size());
  petsc.push_back(nullptr);
  char** words = petsc.data();
  check(PetscInitialize(&count, &words, nullptr, nullptr),
        "starting (are the options that were passed to it right?)");
  PetscPopSignalHandler();  // a crash is the system's to report, as in the other programs
  // Ranks fill the cores; threads of MUMPS on top would wait for each other.
  if (std::getenv("OMP_NUM_THREADS") == nullptr) omp_set_num_threads(1);
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank_);
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks_);
}

Session::~Session() { PetscFinalize(); }

std::vector<std::string> Session::unused_options() const {
  PetscInt count = 0;
  char** names = nullptr;
  char** values = nullptr;
  if (PetscOptionsLeftGet(nullptr, &count, &names, &values) != 0) return {};
  std::vector<std::string> unused;
  unused.reserve(static_cast<std::size_t>(count));
  for (PetscInt i = 0; i < count; ++i) unused.push_back(std::string("-") + names[i]);
  PetscOptionsLeftRestore(nullptr, &count, &names, &values);
  return unused;
}

void Session::forget_options() const { PetscOptionsClear(nullptr); }

void Session::abort(int status) const {
  MPI_Abort(PETSC_COMM_WORLD, status);
  std::abort();
}

void run_together(const std::function<void()>& stage) {
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  std::string message;
  int status = 0;
  try {
    stage();
  } catch (const Error& error) {
    message = error.what();
    status = static_cast<int>(error.status());
  } catch (const std::exception& error) {
    message = error.what();
    status = static_cast<int>(ExitStatus::failure);
  }
  const int mine = status != 0 ? rank : ranks;
  int speaker = ranks;  // the first rank with a fault
  MPI_Allreduce(&mine, &speaker, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD);
  if (speaker == ranks) return;
  int head[2] = {status, static_cast<int>(message.size())};
  MPI_Bcast(head, 2, MPI_INT, speaker, PETSC_COMM_WORLD);
  message.resize(static_cast<std::size_t>(head[1]));
  MPI_Bcast(message.data(), head[1], MPI_CHAR, speaker, PETSC_COMM_WORLD);
  throw Error(message, static_cast<ExitStatus>(head[0]));
}

void check(PetscErrorCode code, const char* doing) {
  if (code == 0) return;
  throw Error("PETSc failed with code " + std::to_string(code) + " while " + doing +
              "; its own account is above");
}

}  // namespace gridtally::petsc
