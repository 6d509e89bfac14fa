#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/test_folder.hpp"
#include "cli/options.hpp"

namespace gridtally::cli {
namespace {

/// An option set of every kind, and what a command line makes of it.
struct Sample {
  std::filesystem::path folder;
  double rho = 10.0;
  int max_iterations = 5000;
  bool force = false;
  std::vector<int> homes{1, 2};
  std::optional<int> days;
  std::string output = "results";
  std::string printed;

  std::string ini;

  bool parse(std::vector<const char*> words, const std::string& fallback = "") {
    Options options("gridtally-sample", "A sample.");
    options.argument("COMMUNITY", folder, "community folder")
        .option("rho", rho, "cents/kWh^2", "ADMM penalty", {0, 1e9})
        .option("max-iterations", max_iterations, "", "iterations a day", {1, 1e6})
        .option("homes", homes, "", "home numbers")
        .option("days", days, "days", "length", {1, 400})
        .option("output", output, "", "archive folder")
        .flag("force", force, "replace an existing output");
    words.insert(words.begin(), "path/to/gridtally-sample");
    std::ostringstream out;
    const bool goes_on = options.parse(static_cast<int>(words.size()), words.data(), out,
                                       {"in earlier/settings", fallback});
    printed = out.str();
    ini = options.ini({"output"});
    return goes_on;
  }

  std::vector<std::string> faults(const std::vector<const char*>& words,
                                  const std::string& fallback = "") {
    try {
      parse(words, fallback);
    } catch (const InputError& error) {
      return error.faults();
    }
    return {};
  }
};

/// Sets a variable of the environment for the life of the object.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) { std::ofstream(path_) << text; }
  [[nodiscard]] const char* c_str() const { return path_.c_str(); }

 private:
  TestFolder folder_;
  std::filesystem::path path_ = folder_ / "options.ini";
};

TEST(Options, CommandLineSetsEveryKind) {
  Sample sample;
  ASSERT_TRUE(sample.parse({"folder", "--rho", "2.5", "--max-iterations=7", "--homes", "3,4,5",
                            "--days", "2", "--force"}));
  EXPECT_EQ(sample.folder, "folder");
  EXPECT_EQ(sample.rho, 2.5);
  EXPECT_EQ(sample.max_iterations, 7);
  EXPECT_EQ(sample.homes, (std::vector<int>{3, 4, 5}));
  EXPECT_EQ(sample.days, 2);
  EXPECT_TRUE(sample.force);
}

TEST(Options, DefaultsStayWhereNothingIsGiven) {
  Sample sample;
  ASSERT_TRUE(sample.parse({"folder"}));
  EXPECT_EQ(sample.rho, 10.0);
  EXPECT_EQ(sample.output, "results");
  EXPECT_FALSE(sample.days.has_value());
  EXPECT_FALSE(sample.force);
}

TEST(Options, CommandLineBeatsEnvironmentBeatsFileBeatsDefault) {
  const ConfigFile config("rho = 3\nmax-iterations = 3\nhomes = 3\n");
  const Variable rho("GRIDTALLY_RHO", "2");
  const Variable iterations("GRIDTALLY_MAX_ITERATIONS", "2");
  Sample sample;
  ASSERT_TRUE(sample.parse({"folder", "--config", config.c_str(), "--rho", "1"}));
  EXPECT_EQ(sample.rho, 1.0);
  EXPECT_EQ(sample.max_iterations, 2);
  EXPECT_EQ(sample.homes, std::vector<int>{3});
  EXPECT_EQ(sample.output, "results");
}

TEST(Options, ConfigFileAndFlagsFromTheEnvironment) {
  const ConfigFile config("# a comment\nforce = true\noutput = there\n");
  const Variable file("GRIDTALLY_CONFIG", config.c_str());
  Sample sample;
  ASSERT_TRUE(sample.parse({"folder"}));
  EXPECT_TRUE(sample.force);
  EXPECT_EQ(sample.output, "there");
  const Variable force("GRIDTALLY_FORCE", "no");
  Sample gentle;
  ASSERT_TRUE(gentle.parse({"folder"}));
  EXPECT_FALSE(gentle.force);
}

TEST(Options, TimesAreSecondsOrAClock) {
  std::chrono::seconds time{7};
  for (const auto& [text, seconds] : std::vector<std::pair<std::string, int>>{
           {"90", 90}, {"1:30:00", 5400}, {"100:00:59", 360059}}) {
    EXPECT_EQ(read_value(text, {1, 1e8}, time), "") << text;
    EXPECT_EQ(time.count(), seconds) << text;
  }
  for (const char* text : {"", "0", "1.5", "1:30", "1:60:00", "1:00:60", "-1:00:00", "1:0:00", "1h",
                           "1:00:00:00", "200000000"}) {
    EXPECT_EQ(read_value(text, {1, 1e8}, time),
              "a number of seconds from 1 to 100000000, or hours:minutes:seconds as in 1:30:00")
        << text;
  }
  EXPECT_EQ(show_value(time), "360059");
}

TEST(Options, IniReadsBackInAnotherFolder) {
  Sample sample;
  ASSERT_TRUE(sample.parse({"a folder#1", "--rho", "0.1", "--force"}));
  EXPECT_EQ(sample.ini, "community = " + std::filesystem::absolute("a folder#1").string() +
                            "\nrho = 0.1\nmax-iterations = 5000\nhomes = 1,2\nforce = true\n");
  Sample again;
  ASSERT_TRUE(again.parse({}, sample.ini));
  EXPECT_EQ(again.folder, std::filesystem::absolute("a folder#1"));
  EXPECT_EQ(again.rho, 0.1);
  EXPECT_TRUE(again.force);
  EXPECT_EQ(again.ini, sample.ini);
}

TEST(Options, EverythingBeatsTheFallbackButTheDefault) {
  const ConfigFile config("homes = 2\n");
  const Variable iterations("GRIDTALLY_MAX_ITERATIONS", "2");
  Sample sample;
  ASSERT_TRUE(sample.parse({"folder", "--rho", "2", "--config", config.c_str()},
                           "# kept\ncommunity = other\nrho = 1\nmax-iterations = 1\nhomes = 1\n"
                           "days = 1\n"));
  EXPECT_EQ(sample.folder, "folder");
  EXPECT_EQ(sample.rho, 2.0);
  EXPECT_EQ(sample.max_iterations, 2);
  EXPECT_EQ(sample.homes, std::vector<int>{2});
  EXPECT_EQ(sample.days, 1);
}

TEST(Options, FallbackThatCannotBeReadIsNamed) {
  Sample sample;
  EXPECT_EQ(sample.faults({"folder"}, "days = none\n").at(0),
            "--days: \"none\" in earlier/settings is not a whole number from 1 to 400 [days]");
  EXPECT_EQ(sample.faults({"folder"}, "speed = 3\n").at(0),
            "unknown line \"speed = 3\" in earlier/settings");
  EXPECT_EQ(sample.faults({"folder"}, "days 3\n").at(0),
            "unknown line \"days 3\" in earlier/settings");
}

TEST(Options, AValueWithALineBreakCannotBeKept) {
  Sample sample;
  const auto faults = sample.faults({"two\nlines"});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].find("holds a line break"), std::string::npos) << faults[0];
}

TEST(Options, HelpShowsUnitsAndDefaultsEvenWithoutArguments) {
  Sample sample;
  EXPECT_FALSE(sample.parse({"--help"}));
  for (const char* part :
       {"Usage: gridtally-sample COMMUNITY [options]", "A sample.", "[cents/kWh^2] (default: 10)",
        "(default: 1,2)", "--force", "GRIDTALLY_MAX_ITERATIONS", "--config", "--version"}) {
    EXPECT_NE(sample.printed.find(part), std::string::npos) << part << " in\n" << sample.printed;
  }
}

TEST(Options, VersionNamesTheProgram) {
  Sample sample;
  EXPECT_FALSE(sample.parse({"--version"}));
  EXPECT_EQ(sample.printed.substr(0, 17), "gridtally-sample ");
}

/// Words of a command line after "folder", and what the first message must hold.
struct Wrong {
  const char* name;
  std::vector<const char*> words;
  std::vector<const char*> message;
  friend void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }
};

class WrongUsage : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongUsage, SaysWhatAndWhereAndWhatWouldBeValid) {
  auto words = GetParam().words;
  words.insert(words.begin(), "folder");
  const auto faults = Sample{}.faults(words);
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[1], "see gridtally-sample --help");
  for (const char* part : GetParam().message) {
    EXPECT_NE(faults[0].find(part), std::string::npos) << part << " in: " << faults[0];
  }
}

const Wrong wrong_table[] = {
    {"UnknownOption", {"--roh", "3"}, {"unknown option --roh"}},
    {"UnknownShortOption", {"-q"}, {"unknown option -q"}},
    {"AbbreviatedOption", {"--max-iter=3"}, {"unknown option --max-iter=3"}},
    {"NoNumber", {"--rho", "x"}, {"--rho: \"x\" on the command line", "a number", "cents/kWh^2"}},
    {"NotFinite", {"--rho", "nan"}, {"\"nan\"", "is not a number"}},
    {"OutOfRange", {"--days", "0"}, {"--days: \"0\"", "a whole number from 1 to 400"}},
    {"NotWhole", {"--max-iterations", "1.5"}, {"\"1.5\"", "whole number"}},
    {"BadList", {"--homes", "1,,2"}, {"\"1,,2\"", "comma-separated list"}},
    {"GivenTwice", {"--rho", "1", "--rho", "2"}, {"--rho is given twice"}},
    {"ValueMissing", {"--rho"}, {"--rho", "missing"}},
    {"ValueForFlag", {"--force=3"}, {"--force", "does not take any arguments"}},
    {"ExtraArgument", {"second"}, {"unexpected argument \"second\""}},
    {"ConfigUnreadable", {"--config", "/nonexistent.ini"}, {"cannot read \"/nonexistent.ini\""}},
};

INSTANTIATE_TEST_SUITE_P(Words, WrongUsage, ::testing::ValuesIn(wrong_table),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(Options, MissingArgumentIsNamed) {
  const auto faults = Sample{}.faults({});
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0], "argument COMMUNITY is missing: community folder");
}

TEST(Options, UnknownKeysAndBadValuesOfTheConfigFileAreAllReported) {
  const ConfigFile config("rhoo = 3\nrho = x\n");
  const auto faults = Sample{}.faults({"folder", "--config", config.c_str()});
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_NE(faults[0].find("unknown key \"rhoo\""), std::string::npos);
  EXPECT_NE(faults[1].find("--rho: \"x\" in " + std::string(config.c_str())), std::string::npos);
}

TEST(Options, BadValueInTheEnvironmentNamesTheVariable) {
  const Variable rho("GRIDTALLY_RHO", "much");
  const auto faults = Sample{}.faults({"folder"});
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_NE(faults[0].find("in the environment (GRIDTALLY_RHO)"), std::string::npos);
}

TEST(Options, VariablesOfOtherProgramsAreIgnored) {
  const Variable other("GRIDTALLY_SOMETHING_ELSE", "1");
  EXPECT_TRUE(Sample{}.faults({"folder"}).empty());
}

}  // namespace
}  // namespace gridtally::cli
