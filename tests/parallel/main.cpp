#include <gtest/gtest.h>

#include <iostream>

#include "petsc/session.hpp"

namespace {

/// Ranks other than 0 print their failures only.
class FailuresOfRank : public ::testing::EmptyTestEventListener {
 public:
  explicit FailuresOfRank(int rank) : rank_(rank) {}

 private:
  void OnTestPartResult(const ::testing::TestPartResult& part) override {
    if (!part.failed()) return;
    std::cerr << "rank " << rank_ << ": " << part.file_name() << ":" << part.line_number() << "\n"
              << part.message() << std::endl;
  }
  int rank_;
};

}  // namespace

int main(int argc, char** argv) {
  const gridtally::petsc::Session session(argc, argv);
  ::testing::InitGoogleTest(&argc, argv);
  if (session.rank() != 0) {
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailuresOfRank(session.rank()));
  }
  return RUN_ALL_TESTS();
}
