#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/faults.hpp"

namespace gridtally::cluster {

/// A line of a plan file (--fault, --governance) without its comment and outer blanks.
struct PlanLine {
  std::size_t number = 0;  ///< counted from 1
  std::string text;
};

/// The lines of `path` that say something; `#` begins a comment. InputError naming `remedy` when
/// the file is missing or larger than 256 KiB.
std::vector<PlanLine> read_plan_lines(const std::filesystem::path& path, std::string_view remedy);

/// `text` for a message: in quotes, at most 60 bytes of it, what cannot be printed as '?'.
std::string in_quotes(std::string_view text);

/// Reads one sentence word by word. The first word that does not fit is remembered; all that is
/// read after it is empty or zero. Words are separated by blanks and tabs.
class Words {
 public:
  explicit Words(std::string_view line);

  /// Passes over `word` when it is next; false otherwise, which is no error.
  bool accept(std::string_view word);
  /// Passes over each of `words` (separated by one blank), or fails.
  void expect(std::string_view words);
  /// A whole number least … most; `what` names it in the message: "a validator's number".
  std::uint64_t number(std::string_view what, std::uint64_t least, std::uint64_t most);
  /// Any word.
  std::string_view word(std::string_view what);
  /// Fails when a word is left over.
  void end();
  /// Fails: `what` was expected where the next word stands.
  void fail(const std::string& what);

  [[nodiscard]] bool good() const { return error_.empty(); }
  /// "expected the word \"at\", found \"on\"".
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  [[nodiscard]] std::string_view next() const;

  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
  std::string error_;
};

/// The sentences of `path`, one a line, in order. InputError with one line for every line that
/// `read` finds bad, and for every sentence that clashes with an earlier one. Sentence needs == and
/// to_text.
template <class Sentence>
std::vector<Sentence> read_sentences(const std::filesystem::path& path, std::string_view remedy,
                                     Sentence (*read)(Words&),
                                     bool (*clash)(const Sentence&, const Sentence&)) {
  const std::string name = path.string();
  model::Faults faults;
  std::vector<Sentence> sentences;
  std::vector<std::size_t> numbers;
  for (const auto& [number, text] : read_plan_lines(path, remedy)) {
    const model::Place place{name, number};
    Words words(text);
    const Sentence sentence = read(words);
    words.end();
    if (!words.good()) {
      faults.add(place, in_quotes(text) + ": " + words.error() + "; " + std::string(remedy));
      continue;
    }
    const auto earlier = std::find_if(sentences.begin(), sentences.end(),
                                      [&](const Sentence& one) { return clash(one, sentence); });
    if (earlier != sentences.end()) {
      const std::string line = std::to_string(numbers[earlier - sentences.begin()]);
      faults.add(place,
                 in_quotes(text) + (*earlier == sentence
                                        ? " says again what line " + line + " says; remove one"
                                        : " contradicts line " + line + ", " +
                                              in_quotes(to_text(*earlier)) + "; keep one"));
    }
    sentences.push_back(sentence);
    numbers.push_back(number);
  }
  faults.raise_if_any();
  return sentences;
}

}  // namespace gridtally::cluster
