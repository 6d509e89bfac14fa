#pragma once

#include <cstdint>

/// What the system gives this process.
namespace gridtally {

/// Processors that its threads may run on: where it is bound to some, those; at least one.
unsigned processors();

/// The most memory that it has had at once [bytes], without what the program had that started it.
std::uint64_t peak_memory();

/// Has freed memory kept for what comes next instead of giving it back to the system: arrays as
/// large as the community come and go with each block. At most 256 MB, and none of arrays beyond
/// 32 MB. Before other threads start.
void keep_freed_memory();

}  // namespace gridtally
