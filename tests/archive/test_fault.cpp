#include <gtest/gtest.h>

#include "archive/fault.hpp"

namespace gridtally::archive {

TEST(ArchiveFault, DescribesPlaceHeightAndValues) {
  const ArchiveFault fault{Standing::unsound, "day-0001.h5", 57, "segment checksum", "ab", "cd"};
  EXPECT_EQ(describe(fault), "day-0001.h5, height 57: segment checksum: expected ab, found cd");
}

TEST(ArchiveFault, DescribesAMessageAlone) {
  const ArchiveFault fault{Standing::not_auditable, "manifest", {}, "manifest", "", "missing"};
  EXPECT_EQ(describe(fault), "manifest: manifest: missing");
}

}  // namespace gridtally::archive
