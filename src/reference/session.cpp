#include "reference/session.hpp"

#include <omp.h>
#include <petscsys.h>

#include <cstdlib>
#include <string_view>

#include "base/error.hpp"

namespace gridtally::reference {

namespace {

bool is_petsc_option(std::string_view word) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return word.size() > 1 && word[0] == '-' && letter(word[1]) && word != "-h";
}

}  // namespace

CommandLine take_apart(int argc, const char* const* argv) {
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
    if (!is_petsc_option(argv[i])) {
      words.program.push_back(argv[i]);
      continue;
    }
    words.petsc.push_back(argv[i]);
    const bool has_value = i + 1 < argc && argv[i + 1][0] != '-';
    if (has_value) words.petsc.push_back(argv[++i]);
  }
  return words;
}

Session::Session(const std::vector<const char*>& petsc_words) {
  auto count = static_cast<int>(petsc_words.size());
  std::vector<char*> words;
  words.reserve(petsc_words.size() + 1);
  for (const char* word : petsc_words) words.push_back(const_cast<char*>(word));
  words.push_back(nullptr);
  char** arguments = words.data();
  if (PetscInitialize(&count, &arguments, nullptr, nullptr) != 0) {
    throw Error("PETSc did not start: check the options that were passed to it");
  }
  PetscPopSignalHandler();
  // Ranks fill the cores; threads of MUMPS on top would wait for each other.
  if (std::getenv("OMP_NUM_THREADS") == nullptr) omp_set_num_threads(1);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
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

void Session::abort(int status) const {
  MPI_Abort(MPI_COMM_WORLD, status);
  std::abort();
}

}  // namespace gridtally::reference
