#pragma once

#include <petscksp.h>

#include <memory>
#include <string>
#include <type_traits>

#include "base/error.hpp"

namespace gridtally::reference {

/// Error when a PETSc call failed; PETSc itself has printed where.
inline void require(PetscErrorCode code, const char* what) {
  if (code == 0) return;
  throw Error(std::string("PETSc failed at ") + what + " (error " + std::to_string(code) +
              "); its own message stands above");
}

namespace petsc {
struct Destroy {
  void operator()(Mat mat) const { MatDestroy(&mat); }
  void operator()(Vec vec) const { VecDestroy(&vec); }
  void operator()(KSP ksp) const { KSPDestroy(&ksp); }
};
template <class Object>
using Handle = std::unique_ptr<std::remove_pointer_t<Object>, Destroy>;
}  // namespace petsc

using MatHandle = petsc::Handle<Mat>;
using VecHandle = petsc::Handle<Vec>;
using KspHandle = petsc::Handle<KSP>;

}  // namespace gridtally::reference
