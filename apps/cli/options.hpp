#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/value_text.hpp"

namespace gridtally::cli {

/// Of all programs: what --version prints after the name.
std::string version();

/// The options of one executable, each bound to the variable it sets. A value comes from the
/// first of: command line (--max-iterations 9), environment (GRIDTALLY_MAX_ITERATIONS=9), the file
/// named by --config (INI: max-iterations = 9), the Fallback given to parse(), the variable's value
/// at binding (the default).
///
///   cli::Options options("gridtally-solve", "Solves a community's week.");
///   options.argument("COMMUNITY", folder, "community folder");
///   options.option("rho", rho, "cents/kWh^2", "ADMM penalty", {0, 1e9});
///   options.flag("force", force, "replace an existing output");
///   if (!options.parse(argc, argv)) return ExitStatus::success;  // --help or --version
///
/// Targets: bool, int, uint32, int64, uint64, double, string, path, seconds, vector of these
/// (1,2,3), optional of these (empty unless given somewhere). They must outlive parse().
class Options {
 public:
  /// Values of an earlier run: lines "option = value" as ini() gives them. An argument stands there
  /// under its name in lower case.
  struct Fallback {
    std::string source;  ///< for messages: "in my-archive.run/settings"
    std::string text;
  };

  /// `program` as the user types it; `summary` is one or more sentences for --help.
  Options(std::string program, std::string summary);

  /// The next positional argument; `required` ones must come before optional ones.
  template <class T>
  Options& argument(const std::string& name, T& target, const std::string& help,
                    bool required = true) {
    return add_argument(
        {name, "", help, "", false, required, reader(target, Range{}), writer(target)});
  }

  /// `unit` is shown in brackets; empty: none.
  template <class T>
  Options& option(const std::string& name, T& target, const std::string& unit,
                  const std::string& help, Range range = {}) {
    return add({name, unit, help, show_value(target), false, false, reader(target, range),
                writer(target)});
  }

  Options& flag(const std::string& name, bool& target, const std::string& help) {
    return add({name, "", help, "", true, false, reader(target, Range{}), writer(target)});
  }

  /// Sets the targets and returns true; or prints --help or --version on `out` and returns
  /// false. Throws InputError with every fault: unknown options and config keys, bad values,
  /// options given twice, arguments missing or too many, --config unreadable.
  bool parse(int argc, const char* const* argv, std::ostream& out);
  bool parse(int argc, const char* const* argv);  ///< on std::cout
  bool parse(int argc, const char* const* argv, std::ostream& out, const Fallback& fallback);

  /// The present values, arguments first, but those of the options in `without` and those that are
  /// empty; paths are made absolute. InputError for a value that fits in no line.
  [[nodiscard]] std::string ini(const std::set<std::string>& without) const;
  [[nodiscard]] std::string help() const;
  [[nodiscard]] const std::string& program() const { return program_; }

 private:
  using Reader = std::function<std::string(std::string_view)>;
  using Writer = std::function<std::string()>;

  struct Entry {
    std::string name;
    std::string unit;
    std::string help;
    std::string default_text;
    bool is_flag;
    bool required;
    Reader read;
    Writer write;
  };

  struct Given {
    std::string text;
    std::string source;  // "on the command line", "in the environment (GRIDTALLY_RHO)", …
  };

  template <class T>
  static Reader reader(T& target, Range range) {
    return [&target, range](std::string_view text) { return read_value(text, range, target); };
  }
  template <class T>
  static Writer writer(const T& target) {
    return [&target] { return keep_value(target); };
  }

  Options& add(Entry entry);
  Options& add_argument(Entry entry);
  void read_command_line(int argc, const char* const* argv);
  void read_environment();
  void read_config_file(const std::string& path);
  void read_fallback(const Fallback& fallback);
  void take(const std::string& name, const std::string& text, const std::string& source);
  void assign_arguments();
  void assign_options();
  void throw_faults();

  std::string program_;
  std::string summary_;
  std::vector<Entry> entries_;
  std::vector<Entry> arguments_;
  std::vector<std::string> positional_;
  std::map<std::string, Given> given_;
  std::vector<std::string> faults_;
};

}  // namespace gridtally::cli
