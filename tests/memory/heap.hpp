#pragma once

#include <cstddef>

namespace gridtally::testing {

/// Bytes that operator new has given and delete not taken back, of all threads. What HDF5 takes by
/// itself is not among them.
std::size_t heap_in_use();

/// The most in use at any time since it was made, above what was in use then.
class HeapPeak {
 public:
  HeapPeak();
  [[nodiscard]] std::size_t bytes() const;

 private:
  std::size_t before_;
};

}  // namespace gridtally::testing
