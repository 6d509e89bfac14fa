#include "cli/options.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"

namespace gridtally::cli {

namespace po = boost::program_options;

namespace {

std::string environment_name(const std::string& option) {
  std::string name = "GRIDTALLY_";
  for (const char c : option) name += c == '-' ? '_' : static_cast<char>(c >= 'a' ? c - 32 : c);
  return name;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

bool looks_like_option(const std::string& text) {
  return text.size() > 1 && text[0] == '-' && text[1] != '.' && (text[1] < '0' || text[1] > '9');
}

bool asks(int argc, const char* const* argv, std::string_view name) {
  return std::any_of(argv + std::min(argc, 1), argv + argc,
                     [&](const char* word) { return word == name; });
}

std::string described(const std::string& help, const std::string& unit,
                      const std::string& default_text) {
  std::string text = help;
  if (!unit.empty()) text += " [" + unit + "]";
  if (!default_text.empty()) text += " (default: " + default_text + ")";
  return text;
}

}  // namespace

std::string version() { return GRIDTALLY_VERSION; }

Options::Options(std::string program, std::string summary)
    : program_(std::move(program)), summary_(std::move(summary)) {
  add({"config", "", "INI file with a line \"option = value\" each", "", false, false,
       [](std::string_view text) { return std::string(text.empty() ? "a path" : ""); },
       [] { return std::string{}; }});
}

Options& Options::add(Entry entry) {
  entries_.push_back(std::move(entry));
  return *this;
}

Options& Options::add_argument(Entry entry) {
  arguments_.push_back(std::move(entry));
  return *this;
}

bool Options::parse(int argc, const char* const* argv) { return parse(argc, argv, std::cout); }

bool Options::parse(int argc, const char* const* argv, std::ostream& out) {
  return parse(argc, argv, out, {});
}

bool Options::parse(int argc, const char* const* argv, std::ostream& out,
                    const Fallback& fallback) {
  if (asks(argc, argv, "--help") || asks(argc, argv, "-h")) {
    out << help();
    return false;
  }
  if (asks(argc, argv, "--version")) {
    out << program_ << " " << version() << '\n';
    return false;
  }
  read_command_line(argc, argv);
  read_environment();
  if (const auto config = given_.find("config"); config != given_.end()) {
    read_config_file(config->second.text);
  }
  read_fallback(fallback);
  assign_arguments();
  assign_options();
  throw_faults();
  return true;
}

void Options::read_command_line(int argc, const char* const* argv) {
  po::options_description known;
  for (const auto& entry : entries_) {
    auto* value = po::value<std::string>();
    if (entry.is_flag) value->zero_tokens()->implicit_value("true");
    known.add_options()(entry.name.c_str(), value, "");
  }
  constexpr auto style = po::command_line_style::allow_long |
                         po::command_line_style::long_allow_adjacent |
                         po::command_line_style::long_allow_next;
  try {
    const auto parsed =
        po::command_line_parser(argc, argv).options(known).style(style).allow_unregistered().run();
    for (const auto& option : parsed.options) {
      const std::string word =
          option.original_tokens.empty() ? option.string_key : option.original_tokens.front();
      if (option.unregistered || (option.position_key >= 0 && looks_like_option(word))) {
        faults_.push_back("unknown option " + word);
      } else if (option.position_key >= 0) {
        positional_.push_back(word);
      } else {
        const bool flag = option.value.empty();
        take(option.string_key, flag ? "true" : option.value.front(), "on the command line");
      }
    }
  } catch (const po::error& error) {
    faults_.emplace_back(error.what());
    throw_faults();
  }
}

void Options::read_environment() {
  for (const auto& entry : entries_) {
    const std::string variable = environment_name(entry.name);
    const char* text = std::getenv(variable.c_str());
    if (text == nullptr || given_.contains(entry.name)) continue;
    take(entry.name, text, "in the environment (" + variable + ")");
  }
}

void Options::read_config_file(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) {
    faults_.push_back("--config: cannot read \"" + path + "\"; give a readable INI file");
    return;
  }
  po::options_description known;
  for (const auto& entry : entries_) {
    known.add_options()(entry.name.c_str(), po::value<std::string>(), "");
  }
  const auto earlier = given_;
  try {
    for (const auto& option : po::parse_config_file(stream, known, true).options) {
      if (option.unregistered || option.string_key == "config") {
        faults_.push_back(path + ": unknown key \"" + option.string_key + "\"");
      } else if (!earlier.contains(option.string_key)) {
        take(option.string_key, option.value.empty() ? "" : option.value.front(), "in " + path);
      }
    }
  } catch (const po::error& error) {
    faults_.push_back(path + ": " + error.what() + "; write \"option = value\" on each line");
  }
}

void Options::read_fallback(const Fallback& fallback) {
  const auto earlier = given_;
  for (const auto line : split(fallback.text, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const auto sign = line.find(" = ");
    const std::string name(line.substr(0, sign));
    const auto named = [&](const Entry& entry) { return lower_case(entry.name) == name; };
    const bool known = sign != std::string_view::npos &&
                       (std::any_of(entries_.begin(), entries_.end(), named) ||
                        std::any_of(arguments_.begin(), arguments_.end(), named));
    if (!known) {
      faults_.push_back("unknown line \"" + std::string(line) + "\" " + fallback.source);
    } else if (!earlier.contains(name)) {
      take(name, std::string(line.substr(sign + 3)), fallback.source);
    }
  }
}

void Options::take(const std::string& name, const std::string& text, const std::string& source) {
  const auto [place, fresh] = given_.try_emplace(name, Given{text, source});
  if (!fresh) faults_.push_back("--" + name + " is given twice " + source + "; give it once");
}

void Options::assign_arguments() {
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    const auto& argument = arguments_[i];
    const auto kept = given_.find(lower_case(argument.name));
    if (i < positional_.size() || kept != given_.end()) {
      const std::string text = i < positional_.size() ? positional_[i] : kept->second.text;
      const std::string wanted = argument.read(text);
      if (!wanted.empty()) {
        faults_.push_back(argument.name + ": \"" + text + "\" is not " + wanted);
      }
    } else if (argument.required) {
      faults_.push_back("argument " + argument.name + " is missing: " + argument.help);
    }
  }
  if (!faults_.empty()) return;  // a word too many may be the value of an unknown option
  for (std::size_t i = arguments_.size(); i < positional_.size(); ++i) {
    faults_.push_back("unexpected argument \"" + positional_[i] + "\"");
  }
}

void Options::assign_options() {
  for (const auto& entry : entries_) {
    const auto found = given_.find(entry.name);
    if (found == given_.end()) continue;
    const std::string wanted = entry.read(found->second.text);
    if (wanted.empty()) continue;
    const std::string unit = entry.unit.empty() ? "" : " [" + entry.unit + "]";
    faults_.push_back("--" + entry.name + ": \"" + found->second.text + "\" " +
                      found->second.source + " is not " + wanted + unit);
  }
}

void Options::throw_faults() {
  if (faults_.empty()) return;
  auto faults = std::move(faults_);
  faults.push_back("see " + program_ + " --help");
  throw InputError(std::move(faults));
}

std::string Options::ini(const std::set<std::string>& without) const {
  std::string text;
  for (const auto* kind : {&arguments_, &entries_}) {
    for (const auto& entry : *kind) {
      const std::string value = entry.write();
      if (value.empty() || without.contains(entry.name)) continue;
      if (value.find('\n') != std::string::npos) {
        throw InputError("--" + entry.name + ": \"" + value +
                         "\" holds a line break and cannot be kept; choose another name");
      }
      text += lower_case(entry.name) + " = " + value + "\n";
    }
  }
  return text;
}

std::string Options::help() const {
  std::string usage = "Usage: " + program_;
  for (const auto& entry : arguments_) {
    usage += entry.required ? " " + entry.name : " [" + entry.name + "]";
  }
  po::options_description options("Options", 100, 60);
  for (const auto& entry : entries_) {
    const std::string text = described(entry.help, entry.unit, entry.default_text);
    auto* value = po::value<std::string>()->value_name("X");
    if (entry.is_flag) value->zero_tokens();
    options.add_options()(entry.name.c_str(), value, text.c_str());
  }
  options.add_options()("help", "print this and end")("version", "print the version and end");
  std::ostringstream text;
  text << usage << " [options]\n\n" << summary_ << "\n";
  if (!arguments_.empty()) text << "\nArguments:\n";
  for (const auto& entry : arguments_) text << "  " << entry.name << "  " << entry.help << '\n';
  text << '\n' << options;
  text << "\nEach option also works from the environment (--max-iterations as "
          "GRIDTALLY_MAX_ITERATIONS)\nand as a line \"max-iterations = …\" of the --config file; "
          "the command line goes first, then\nthe environment, then the file.\n";
  return text.str();
}

}  // namespace gridtally::cli
