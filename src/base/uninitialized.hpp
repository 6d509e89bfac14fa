#pragma once

#include <memory>
#include <new>
#include <utility>

namespace gridtally {

/// Allocates for a std::vector whose elements, where it is made by size alone, are not set to zero
/// first: for large arrays that are then written whole, perhaps by several threads.
template <class T>
struct Uninitialized : std::allocator<T> {
  template <class U>
  struct rebind {  // NOLINT(readability-identifier-naming): the standard's
    using other = Uninitialized<U>;
  };
  template <class U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <class U, class... Arguments>
  void construct(U* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) U(std::forward<Arguments>(arguments)...);
  }
};

}  // namespace gridtally
