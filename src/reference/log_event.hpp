#pragma once

#include <petsclog.h>

namespace gridtally::reference {

/// A line of PETSc's -log_view: the time between a Span's birth and its end.
class LogEvent {
 public:
  explicit LogEvent(const char* name) {
    PetscLogEventRegister(name, PETSC_OBJECT_CLASSID, &number_);
  }

  class Span {
   public:
    explicit Span(const LogEvent& event) : number_(event.number_) {
      PetscLogEventBegin(number_, nullptr, nullptr, nullptr, nullptr);
    }
    ~Span() { PetscLogEventEnd(number_, nullptr, nullptr, nullptr, nullptr); }
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

   private:
    PetscLogEvent number_;
  };

 private:
  PetscLogEvent number_ = 0;
};

}  // namespace gridtally::reference
