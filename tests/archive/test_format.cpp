#include <gtest/gtest.h>

#include <map>

#include "archive/column.hpp"
#include "archive/private_layout.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace gridtally::archive {

using testing::TestFolder;

namespace {
/// type | axes | units of every dataset, by path.
using Table = std::map<std::string, std::string>;

/// The table rows of FORMAT.md between `heading` and the next heading.
Table documented(const std::string& heading) {
  const auto page = read_text(std::string(GRIDTALLY_SOURCE_DIR) + "/src/archive/FORMAT.md");
  const auto from = page.find(" " + heading + "\n");
  if (from == std::string::npos) return {};
  const auto end = std::min(page.find("\n## ", from + 4), page.find("\n### Merged\n", from + 4));
  const auto section = page.substr(from + 4, end - from - 4);
  Table table;
  for (const auto line : split(section, '\n')) {
    const auto cells = split(line, '|');
    if (cells.size() < 6 || !cells[1].starts_with("/")) continue;
    table[std::string(cells[1])] =
        std::string(cells[2]) + " | " + std::string(cells[3]) + " | " + std::string(cells[4]);
  }
  return table;
}

std::string axes_text(const Column& column) {
  std::string text;
  for (const auto axis : column.axes) text += (text.empty() ? "" : ", ") + name(axis);
  return text;
}

/// The same from a file: opened as `columns` say, units read from the attribute.
Table found(const hdf5::Reader& file, const std::vector<Column>& columns, const Extents& extents) {
  Table table;
  for (const auto& path : file.paths()) table[path] = "not in the layout";
  for (const auto& column : columns) {
    (void)ColumnReader(file, column, extents);
    EXPECT_FALSE(file.text(column.path, "long_name").empty());
    table[column.path] = hdf5::name(column.type) + " | " + axes_text(column) + " | " +
                         file.text(column.path, "units");
  }
  return table;
}
}  // namespace

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

TEST(Format, PageDescribesTheMergedFile) {
  auto expected = documented("Private file");
  for (const auto& [path, row] : documented("Merged")) expected[path] = row;
  Table found;
  for (const auto& column : merged_columns()) {
    found[column.path] = hdf5::name(column.type) + " | " + axes_text(column) + " | " + column.units;
  }
  EXPECT_EQ(found, expected);
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
