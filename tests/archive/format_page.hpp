#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "archive/column.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

/// What FORMAT.md says about files, and what files say.
namespace gridtally::archive::testing {

/// type | axes | units of every dataset, by path.
using Table = std::map<std::string, std::string>;

/// FORMAT.md between `heading` and the next one.
inline std::string section_of_page(const std::string& heading) {
  const auto page = read_text(std::string(GRIDTALLY_SOURCE_DIR) + "/src/archive/FORMAT.md");
  const auto from = page.find(" " + heading + "\n");
  if (from == std::string::npos) return {};
  const auto end = std::min(page.find("\n## ", from + 4), page.find("\n### Merged\n", from + 4));
  return page.substr(from + 4, end - from - 4);
}

/// The table rows there.
inline Table documented(const std::string& heading) {
  const auto section = section_of_page(heading);
  Table table;
  for (const auto line : split(section, '\n')) {
    const auto cells = split(line, '|');
    if (cells.size() < 6 || !cells[1].starts_with("/")) continue;
    table[std::string(cells[1])] =
        std::string(cells[2]) + " | " + std::string(cells[3]) + " | " + std::string(cells[4]);
  }
  return table;
}

inline std::string axes_text(const Column& column) {
  std::string text;
  for (const auto axis : column.axes) text += (text.empty() ? "" : ", ") + name(axis);
  return text;
}

/// The same from a file: opened as `columns` say, units read from the attribute.
inline Table found(const hdf5::Reader& file, const std::vector<Column>& columns,
                   const Extents& extents) {
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

}  // namespace gridtally::archive::testing
