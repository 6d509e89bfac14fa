#include "cluster/plan_lines.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace gridtally::cluster {

namespace {

constexpr std::uintmax_t largest_file = 256 << 10;
constexpr std::size_t longest_quote = 60;

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<std::string_view> words;
  while (true) {
    const auto first = line.find_first_not_of(blanks);
    if (first == std::string_view::npos) return words;
    line.remove_prefix(first);
    words.push_back(line.substr(0, line.find_first_of(blanks)));
    line.remove_prefix(words.back().size());
  }
}

}  // namespace

std::vector<PlanLine> read_plan_lines(const std::filesystem::path& path, std::string_view remedy) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw InputError(path.string() + ": file missing; " + std::string(remedy));
  }
  if (std::filesystem::file_size(path, error) > largest_file) {
    throw InputError(path.string() + ": larger than " + std::to_string(largest_file) +
                     " bytes, which no plan needs; " + std::string(remedy));
  }
  const std::string text = read_text(path, largest_file);
  std::vector<PlanLine> lines;
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    const auto sentence = trimmed(line.substr(0, line.find('#')));
    if (!sentence.empty()) lines.push_back({number, std::string(sentence)});
  }
  return lines;
}

std::string in_quotes(std::string_view text) {
  std::string shown(text.substr(0, longest_quote));
  std::replace_if(
      shown.begin(), shown.end(), [](char letter) { return letter < ' ' || letter > '~'; }, '?');
  return "\"" + shown + (text.size() > longest_quote ? "...\"" : "\"");
}

Words::Words(std::string_view line) : words_(words_of(line)) {}

std::string_view Words::next() const {
  return good() && at_ < words_.size() ? words_[at_] : std::string_view();
}

bool Words::accept(std::string_view word) {
  if (next() != word) return false;
  ++at_;
  return true;
}

void Words::expect(std::string_view words) {
  for (const auto word : split(words, ' ')) {
    if (!accept(word)) fail("the word \"" + std::string(word) + "\"");
  }
}

std::uint64_t Words::number(std::string_view what, std::uint64_t least, std::uint64_t most) {
  const auto value = parse_integer(next());
  if (value && *value >= 0 && static_cast<std::uint64_t>(*value) >= least &&
      static_cast<std::uint64_t>(*value) <= most) {
    ++at_;
    return static_cast<std::uint64_t>(*value);
  }
  fail(std::string(what) + " (" + std::to_string(least) + " to " + std::to_string(most) + ")");
  return 0;
}

std::string_view Words::word(std::string_view what) {
  const auto found = next();
  if (found.empty()) {
    fail(std::string(what));
  } else {
    ++at_;
  }
  return found;
}

void Words::end() {
  if (at_ < words_.size()) fail("the end of the line");
}

void Words::fail(const std::string& what) {
  if (!good()) return;
  const auto found = next();
  error_ =
      "expected " + what + ", found " + (found.empty() ? "the end of the line" : in_quotes(found));
}

}  // namespace gridtally::cluster
