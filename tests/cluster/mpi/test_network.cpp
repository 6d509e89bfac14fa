// On any number of ranks. Collectives come first, expectations after them: a rank that stopped
// early would leave the others waiting.
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cluster/network.hpp"

namespace gridtally::cluster {
namespace {

int ranks() {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

ledger::Bytes letter(const std::string& text) { return {text.begin(), text.end()}; }

// Rank r writes r letters and, at the end, an empty one: the ranks' counts and sizes differ.
Letters letters_of(int rank) {
  Letters letters;
  for (int i = 0; i < rank; ++i) {
    letters.push_back(letter("rank " + std::to_string(rank) + std::string(100U * i, '.')));
  }
  letters.push_back({});
  return letters;
}

Letters letters_of_first(int count) {
  Letters all;
  for (int rank = 0; rank < count; ++rank) {
    for (auto& each : letters_of(rank)) all.push_back(std::move(each));
  }
  return all;
}

TEST(Network, RankIsThatOfTheWorld) {
  const Network network;
  int rank = -1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  EXPECT_EQ(network.rank(), rank);
}

TEST(Network, HostsAreNamedByRank) {
  const Network network;
  const auto hosts = network.hosts();
  EXPECT_EQ(hosts, std::vector<std::string>(static_cast<std::size_t>(ranks()), host_name()));
}

TEST(Network, ShareGivesEveryoneTheSame) {
  const Network network;
  EXPECT_EQ(network.share(letters_of(network.rank())), letters_of_first(ranks()));
}

TEST(Network, ShareOfNothingIsNothing) {
  const Network network;
  EXPECT_EQ(network.share({}), Letters{});
}

TEST(Network, ShareOfALargeLetter) {
  const Network network;
  const ledger::Bytes large(1U << 20U, 0xa5);
  EXPECT_EQ(network.share({large}), Letters(static_cast<std::size_t>(ranks()), large));
}

TEST(Network, TwoNetworksDoNotMix) {
  const Network first;
  const Network second;
  const auto one = first.share({letter("first")});
  const auto two = second.share({letter("second")});
  EXPECT_EQ(one, Letters(one.size(), letter("first")));
  EXPECT_EQ(two, Letters(two.size(), letter("second")));
}

using Faults = std::vector<std::string>;

// What run_together throws on this rank.
struct Thrown {
  std::string message;
  int status = 0;
};

Thrown together(const std::function<void(int rank)>& stage) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  try {
    run_together([&] { stage(rank); });
  } catch (const Error& error) {
    return {error.what(), static_cast<int>(error.status())};
  }
  return {};
}

TEST(RunTogether, SuccessOnAllIsSilent) {
  int runs = 0;
  const Thrown thrown = together([&](int) { ++runs; });
  EXPECT_EQ(thrown.message, "");
  EXPECT_EQ(runs, 1);
}

TEST(RunTogether, OneRanksFailureReachesAll) {
  const int last = ranks() - 1;
  const Thrown thrown = together([&](int rank) {
    if (rank == last) throw InputError("no key for the last rank");
  });
  EXPECT_EQ(thrown.message, "no key for the last rank");
  EXPECT_EQ(thrown.status, static_cast<int>(ExitStatus::bad_input));
}

TEST(RunTogether, TheSameFaultOnAllIsSaidOnce) {
  const Thrown thrown = together([](int) { throw InputError(Faults{"fault one", "fault two"}); });
  EXPECT_EQ(thrown.message, "fault one\nfault two");
}

TEST(RunTogether, DifferentFaultsAreAllSaidInRankOrder) {
  const Thrown thrown =
      together([](int rank) { throw InputError("fault of rank " + std::to_string(rank)); });
  std::string expected = "fault of rank 0";
  for (int rank = 1; rank < ranks(); ++rank) {
    expected += "\nfault of rank " + std::to_string(rank);
  }
  EXPECT_EQ(thrown.message, expected);
}

TEST(RunTogether, AFaultThatIsPartOfAnotherIsStillSaid) {
  const Thrown thrown = together([](int rank) {
    throw InputError(rank == 0 ? "meter-00010.key: missing" : "meter-00010.key");
  });
  EXPECT_EQ(thrown.message, ranks() == 1 ? "meter-00010.key: missing"
                                         : "meter-00010.key: missing\nmeter-00010.key");
}

TEST(RunTogether, FaultsThatSomeRanksShareAreSaidOnce) {
  const Thrown thrown = together([](int rank) {
    throw InputError(Faults{"shared fault", "fault of rank " + std::to_string(rank)});
  });
  const auto first = thrown.message.find("shared fault");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(thrown.message.find("shared fault", first + 1), std::string::npos) << thrown.message;
}

TEST(RunTogether, HostsAreNamedWhereThereAreSeveral) {
  EXPECT_EQ(in_words({{"pi1", "no key"}, {"pi1", ""}, {"pi1", "disk full"}}), "no key\ndisk full");
  EXPECT_EQ(in_words({{"pi1", ""}, {"pi2", "no key"}, {"pi3", "no key"}}),
            "pi2: no key\npi3: no key");
}

TEST(RunTogether, WhatAllHostsSayNeedsNoName) {
  EXPECT_EQ(in_words({{"pi1", "bad option"}, {"pi2", "bad option\nno key"}}),
            "bad option\npi2: no key");
}

TEST(RunTogether, TheWorstStatusWins) {
  const Thrown thrown = together([](int rank) {
    if (rank == 0) throw Error("disk full", ExitStatus::failure);
    throw InputError("bad input");
  });
  EXPECT_EQ(thrown.status, static_cast<int>(ExitStatus::failure));
}

TEST(RunTogether, AnotherExceptionIsAFailure) {
  const Thrown thrown = together([](int) { throw std::runtime_error("out of luck"); });
  EXPECT_EQ(thrown.message, "out of luck");
  EXPECT_EQ(thrown.status, static_cast<int>(ExitStatus::failure));
}

}  // namespace
}  // namespace gridtally::cluster
