#include <gtest/gtest.h>

#include "archive/archive_writer.hpp"
#include "base/error.hpp"
#include "crash/checker.hpp"

namespace gridtally::crash {

using archive::ArchiveWriter;

namespace {
/// What a second writer, another process, is told while the first one writes in `folder`.
std::string refusal(Stage& stage, const Script& script, Start start) {
  const auto ended =
      stage.run({}, [&] { write_script(script, stage.folder(), start, stage.board()); });
  EXPECT_EQ(ended.signal, 0);
  return ended.done() ? "" : ended.message;
}
}  // namespace

TEST(TwoWriters, SecondIsRefusedAndChangesNothing) {
  const auto script = make_script();
  Stage stage;
  const auto& chain = script.chain;
  auto first =
      ArchiveWriter::create(stage.folder() / "archive", chain.genesis, chain.validator_keys[0]);
  for (const auto& block : chain.days[0]) first.append(block, 1.7e9);
  const auto before = stage.tree();
  for (const auto start : {Start::create, Start::resume}) {
    EXPECT_NE(refusal(stage, script, start).find("archive"), std::string::npos);
    EXPECT_EQ(difference(before, stage.tree()), "");
  }
  EXPECT_NE(refusal(stage, script, Start::resume).find("being written by another run"),
            std::string::npos);
  EXPECT_NO_THROW(first.seal_day(chain.states[0]));
  EXPECT_NO_THROW(first.close());
}

TEST(TwoWriters, LockDiesWithItsProcess) {
  Checker checker;
  checker.stage().set({});
  const auto half = checker.trace().size() / 2;
  EXPECT_TRUE(checker.write({"kill", half, false}, Start::create).killed());
  EXPECT_EQ(checker.check(checker.wreck()), "");
}

}  // namespace gridtally::crash
