#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "archive/hdf5.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "crash/disk.hpp"
#include "crash/stage.hpp"

namespace gridtally::crash {

namespace {
void require(bool holds, const char* what) {
  if (!holds) throw Error(std::string(what) + ": " + std::strerror(errno));
}

/// Calls `work` in a child and gives the kinds of the calls that were counted.
std::vector<Call> counted(Stage& stage, const std::function<void()>& work) {
  const auto ended = stage.run({"", 0, true}, work);
  EXPECT_TRUE(ended.done()) << ended.message;
  std::vector<Call> calls;
  for (const auto& operation : stage.trace()) calls.push_back(operation.call);
  EXPECT_EQ(stage.board().calls, calls.size());
  return calls;
}

/// Writes "abc", then says how it went; both in a file below `folder`.
void write_abc(const std::filesystem::path& folder) {
  auto file = File::create(folder / "f", 0600);
  file.write(Bytes{'a', 'b', 'c'});
  file.sync();
  file.close();
}
}  // namespace

TEST(Shim, CountsEveryCallThatChangesAFile) {
  Stage stage;
  const auto path = stage.folder() / "f";
  const auto calls = counted(stage, [&] {
    const int f = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
    char text[] = "ab";
    const iovec parts[] = {{text, 1}, {text + 1, 1}};
    require(::write(f, text, 2) == 2 && ::writev(f, parts, 2) == 2, "write");
    require(::pwrite(f, text, 2, 7) == 2 && ::pwritev(f, parts, 2, 9) == 2, "pwrite");
    require(::fsync(f) == 0 && ::fdatasync(f) == 0 && ::ftruncate(f, 3) == 0, "sync");
    require(::flock(f, LOCK_EX | LOCK_NB) == 0 && ::fchmod(f, 0600) == 0, "flock");
    require(::close(f) == 0, "close");
  });
  EXPECT_EQ(calls,
            (std::vector{Call::open, Call::write, Call::write, Call::write, Call::write, Call::sync,
                         Call::sync, Call::truncate, Call::lock, Call::change_mode, Call::close}));
}

TEST(Shim, CountsEveryCallThatChangesAName) {
  Stage stage;
  const auto name = [&](const char* last) { return (stage.folder() / last).string(); };
  const auto calls = counted(stage, [&] {
    require(::mkdir(name("a").c_str(), 0700) == 0, "mkdir");
    ::close(::creat(name("f").c_str(), 0600));
    require(::link(name("f").c_str(), name("g").c_str()) == 0, "link");
    require(::rename(name("f").c_str(), name("h").c_str()) == 0, "rename");
    require(::unlink(name("g").c_str()) == 0 && ::remove(name("h").c_str()) == 0, "unlink");
    require(::rmdir(name("a").c_str()) == 0, "rmdir");
  });
  EXPECT_EQ(calls, (std::vector{Call::make_folder, Call::open, Call::close, Call::link,
                                Call::rename, Call::unlink, Call::unlink, Call::remove_folder}));
}

TEST(Shim, SeesTheStandardLibrary) {
  Stage stage;
  const auto calls = counted(stage, [&] {
    std::filesystem::create_directories(stage.folder() / "a/b");
    std::ofstream(stage.folder() / "a/b/f") << "text";
    std::filesystem::rename(stage.folder() / "a/b/f", stage.folder() / "a/g");
    std::filesystem::resize_file(stage.folder() / "a/g", 1);
    std::filesystem::permissions(stage.folder() / "a/g", std::filesystem::perms::owner_read);
    std::filesystem::remove_all(stage.folder() / "a");
  });
  for (const auto call : {Call::make_folder, Call::open, Call::write, Call::rename, Call::truncate,
                          Call::change_mode, Call::unlink, Call::remove_folder}) {
    EXPECT_NE(std::find(calls.begin(), calls.end(), call), calls.end())
        << static_cast<unsigned>(call);
  }
}

TEST(Shim, SeesHdf5) {
  Stage stage;
  const std::vector<double> numbers(100, 1.5);
  const auto calls = counted(stage, [&] {
    using namespace archive::hdf5;
    auto file = create_file(stage.folder() / "f.h5");
    auto dataset = create_dataset(file.get(), "/x", Type::f64, {100});
    dataset.write_rows(0, 100, numbers.data());
  });
  Disk disk(stage.folder(), {});
  for (const auto& operation : stage.trace()) disk.apply(operation);
  EXPECT_EQ(difference(stage.tree(), disk.seen()), "") << "a write passed the shim by";
  EXPECT_GT(calls.size(), 4U);
}

TEST(Shim, OtherFoldersDoNotCount) {
  Stage stage;
  Stage other;
  EXPECT_TRUE(stage.run({"kill", 1, false}, [&] { write_abc(other.folder()); }).done());
  EXPECT_EQ(stage.board().calls, 0U);
  const auto beside = std::filesystem::path(stage.folder().string() + "-beside");
  EXPECT_TRUE(
      stage.run({"kill", 1, false}, [&] { std::filesystem::create_directory(beside); }).done());
}

TEST(Shim, RelativeNamesCount) {
  Stage stage;
  const auto ended = stage.run({"", 0, false}, [&] {
    std::filesystem::current_path(stage.folder());
    write_abc(".");
  });
  EXPECT_TRUE(ended.done()) << ended.message;
  EXPECT_EQ(stage.board().calls, 4U);
}

TEST(Shim, KillsBeforeTheCall) {
  Stage stage;
  const Tree states[] = {{}, {{"f", Bytes{}}}, {{"f", Bytes{'a', 'b', 'c'}}}};
  for (const auto& [at, state] : {std::pair(1, 0), {2, 1}, {3, 2}, {4, 2}}) {
    stage.set({});
    const auto ended = stage.run({"kill", static_cast<std::uint64_t>(at), false},
                                 [&] { write_abc(stage.folder()); });
    EXPECT_TRUE(ended.killed());
    EXPECT_EQ(stage.tree(), states[state]) << "call " << at;
  }
  stage.set({});
  EXPECT_TRUE(stage.run({"kill", 5, false}, [&] { write_abc(stage.folder()); }).done());
}

TEST(Shim, ThreadsShareOneCount) {
  Stage stage;
  const auto calls = counted(stage, [&] {
    const auto many = [&](const char* name) {
      auto file = File::create(stage.folder() / name, 0600);
      for (int i = 0; i < 50; ++i) file.write(Bytes{1});
    };
    std::thread other(many, "a");
    many("b");
    other.join();
  });
  EXPECT_EQ(calls.size(), 2 * 52U);
}

TEST(Shim, FailsOnceWithTheError) {
  for (const auto& [action, error] :
       {std::pair("ENOSPC", ENOSPC), {"EIO", EIO}, {"EINTR", EINTR}}) {
    Stage stage;
    const int expected = error;
    const auto ended = stage.run({action, 2, true}, [&] {
      const int f = ::creat((stage.folder() / "f").c_str(), 0600);
      const bool failed = ::write(f, "abc", 3) == -1 && errno == expected;
      require(failed && ::write(f, "abc", 3) == 3, "write");
    });
    EXPECT_TRUE(ended.done()) << ended.message;
    EXPECT_EQ(stage.board().fired, 1U);
    EXPECT_EQ(stage.trace().at(1).error, error);
    EXPECT_EQ(stage.tree(), (Tree{{"f", Bytes{'a', 'b', 'c'}}}));
  }
}

TEST(Shim, WritesHalf) {
  Stage stage;
  const auto ended = stage.run({"short", 2, true}, [&] {
    const int f = ::creat((stage.folder() / "f").c_str(), 0600);
    require(::write(f, "abcd", 4) == 2, "write");
  });
  EXPECT_TRUE(ended.done()) << ended.message;
  EXPECT_EQ(stage.tree(), (Tree{{"f", Bytes{'a', 'b'}}}));
  EXPECT_EQ(stage.trace().at(1).data, (Bytes{'a', 'b'}));
}

TEST(Shim, FullDiskStaysFull) {
  Stage stage;
  const auto ended = stage.run({"full", 2, false}, [&] {
    const int f = ::creat((stage.folder() / "f").c_str(), 0600);
    for (int i = 0; i < 3; ++i) require(::write(f, "a", 1) == -1 && errno == ENOSPC, "write");
    require(::mkdir((stage.folder() / "a").c_str(), 0700) == -1, "mkdir");
    require(::creat((stage.folder() / "g").c_str(), 0600) == -1, "creat");
    require(::open((stage.folder() / "f").c_str(), O_RDWR | O_CREAT, 0600) >= 0, "open");
    require(::fsync(f) == 0 && ::unlink((stage.folder() / "f").c_str()) == 0, "unlink");
  });
  EXPECT_TRUE(ended.done()) << ended.message;
  EXPECT_EQ(stage.board().fired, 5U);
}

TEST(Shim, TraceRebuildsTheFolder) {
  Stage stage;
  const auto ended = stage.run({"", 0, true}, [&] {
    write_abc(stage.folder());
    write_file_durably(stage.folder() / "f", std::string("other"));
    auto file = File::open_append(stage.folder() / "f");
    file.write(Bytes{'!'});
    crash_note("done");
  });
  EXPECT_TRUE(ended.done()) << ended.message;
  const auto trace = stage.trace();
  EXPECT_EQ(trace.back().call, Call::close);
  Disk disk(stage.folder(), {});
  for (const auto& operation : trace) disk.apply(operation);
  EXPECT_EQ(difference(stage.tree(), disk.seen()), "");
  std::mt19937 random;
  EXPECT_EQ(disk.after_power_cut(Loss::all, random), (Tree{{"f", Bytes{'o', 't', 'h', 'e', 'r'}}}));
}

TEST(Shim, ChildThatFailsSaysWhy) {
  Stage stage;
  const auto ended = stage.run({"EIO", 3, false}, [&] { write_abc(stage.folder()); });
  EXPECT_EQ(ended.status, 4);
  EXPECT_NE(ended.message.find("fsync"), std::string::npos) << ended.message;
}

}  // namespace gridtally::crash
