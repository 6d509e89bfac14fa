#include "petsc/session.hpp"

#include <cctype>
#include <cstdlib>
#include <string>

#include "base/error.hpp"

namespace gridtally::petsc {

namespace {

bool is_petsc_option(const char* word) {
  return word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1])) != 0;
}

// A dash before a digit is a sign.
bool is_value(const char* word) {
  return word[0] != '-' || std::isdigit(static_cast<unsigned char>(word[1])) != 0;
}

}  // namespace

Session::Session(int argc, char** argv) {
  for (int i = 0; i < argc; ++i) {
    auto& words = i > 0 && is_petsc_option(argv[i]) ? petsc_ : own_;
    words.push_back(argv[i]);
    if (&words == &petsc_ && i + 1 < argc && is_value(argv[i + 1])) words.push_back(argv[++i]);
  }
  petsc_.insert(petsc_.begin(), own_.front());
  int count = static_cast<int>(petsc_.size());
  petsc_.push_back(nullptr);
  char** words = petsc_.data();
  check(PetscInitialize(&count, &words, nullptr, nullptr), "starting PETSc");
  PetscPopSignalHandler();  // a crash is the system's to report, as in the other programs
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank_);
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks_);
}

Session::~Session() { PetscFinalize(); }

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
