#include <gtest/gtest.h>

#include "archive/format_page.hpp"
#include "archive/private_layout.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {

using testing::documented;
using testing::found;

TEST(Format, PageDescribesAFreshSegment) {
  testing::ChainSize size;
  size.validators = 4;
  size.joining = 2;
  const auto chain = testing::make_chain(size);
  const auto evidence = testing::double_vote(chain, 1);
  const auto bytes = evidence.first.size() + evidence.second.size();
  const TestFolder folder;
  testing::write_chain(folder / "a", chain, 1, {evidence});
  const hdf5::Reader file{Input(folder / "a/day-0000.h5")};
  const auto& state = chain.states[0];
  SegmentCounts counts;
  counts.validators = state.membership.known().size();
  counts.ballots = 4 + 5;
  counts.payments = chain.days[0].back().block.payments.size();
  counts.evidence = 1;
  counts.evidence_bytes = bytes;
  const auto extents =
      segment_extents(chain.genesis, static_cast<std::uint64_t>(state.iterate.iteration),
                      state.turn.iteration, counts);
  EXPECT_EQ(found(file, segment_columns(chain.genesis), extents), documented("Segment"));
}

TEST(Format, PageDescribesAPrivateFile) {
  const TestFolder folder;
  PrivateFile content;
  content.days = 1;
  content.slots = 1;
  PrivateProsumer prosumer;
  for (const auto& field : profile_fields) prosumer.*field.member = {1.0};
  content.prosumers = {prosumer};
  write_private_file(folder / "", content);
  const hdf5::Reader file{Input(folder / private_file_name(0))};
  Extents extents;
  extents.prosumers = extents.days = extents.slots = 1;
  EXPECT_EQ(found(file, private_columns(), extents), documented("Private file"));
}

}  // namespace gridtally::archive
