#pragma once

#include "audit/share.hpp"

namespace gridtally::auditors {

/// The processes that audit an archive together: those that mpirun or srun started. One, without
/// MPI, where neither did, or where the program was built without it. What this process is of them,
/// from beginning to end of a program.
class Auditors {
 public:
  Auditors();   ///< collective
  ~Auditors();  ///< collective
  Auditors(const Auditors&) = delete;
  Auditors& operator=(const Auditors&) = delete;

  /// For Options::share; must not outlive this.
  [[nodiscard]] audit::Share share() const;
  /// One of them does, for all.
  [[nodiscard]] bool speaks() const { return index_ == 0; }
  /// Ends all of them at once; for a fault that only this process knows of.
  [[noreturn]] void end_all(int status) const;

 private:
  std::uint32_t index_ = 0;
  std::uint32_t count_ = 1;
};

}  // namespace gridtally::auditors
