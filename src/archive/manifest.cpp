#include "archive/manifest.hpp"

#include <algorithm>
#include <cstdio>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/merkle.hpp"

namespace gridtally::archive {

namespace {
constexpr std::string_view title = "gridtally-archive";
constexpr std::string_view signature_word = "\nsignature ";

std::string unsigned_text(const Manifest& manifest) {
  std::string text = std::string(title) + " " + std::to_string(Manifest::version) + "\n";
  text += "run " + ledger::to_hex(manifest.run_id) + "\n";
  for (const auto& segment : manifest.segments) {
    text += "segment " + segment.name + " " + ledger::to_hex(segment.sha256) + " " +
            std::to_string(segment.first) + " " + std::to_string(segment.last) + "\n";
  }
  text += "head " + std::to_string(manifest.height) + " " + ledger::to_hex(manifest.head) + "\n";
  text += "history " + ledger::to_hex(manifest.history_root) + "\n";
  text += "signer " + to_hex(manifest.signer.bytes) + "\n";
  return text;
}

ledger::ByteView bytes_of_text(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Fields of one line after another, each line with a known first word.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : lines_(split(text, '\n')) {}

  [[nodiscard]] bool at(std::string_view word) const {
    return line_ < lines_.size() && lines_[line_].starts_with(word) &&
           lines_[line_].substr(word.size()).starts_with(" ");
  }
  std::vector<std::string_view> take(std::string_view word, std::size_t fields) {
    auto found = at(word) ? split(lines_[line_], ' ') : std::vector<std::string_view>{};
    if (found.size() != fields + 1) {
      throw FormatError("manifest line " + std::to_string(line_ + 1) + ": expected '" +
                        std::string(word) + "' and " + std::to_string(fields) + " fields");
    }
    ++line_;
    return found;
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> hex(std::string_view field) const {
    const auto bytes = from_hex(field);
    if (!bytes || bytes->size() != N) fail(std::to_string(N) + " bytes in hexadecimal");
    std::array<std::uint8_t, N> out;
    std::copy(bytes->begin(), bytes->end(), out.begin());
    return out;
  }
  [[nodiscard]] std::uint64_t number(std::string_view field) const {
    const auto value = parse_integer(field);
    if (!value || *value < 0) fail("a count");
    return static_cast<std::uint64_t>(*value);
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    throw FormatError("manifest line " + std::to_string(line_) + ": expected " + expected);
  }
  std::vector<std::string_view> lines_;
  std::size_t line_ = 0;
};

SegmentEntry read_segment(LineReader& lines) {
  const auto fields = lines.take("segment", 4);
  return {std::string(fields[1]), lines.hex<32>(fields[2]), lines.number(fields[3]),
          lines.number(fields[4])};
}
}  // namespace

std::string segment_name(std::uint32_t day) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "day-%04u.h5", day);
  return name.data();
}

ledger::Digest history_root(const std::vector<ledger::Digest>& block_hashes) {
  std::vector<ledger::Digest> leaves;
  leaves.reserve(block_hashes.size());
  for (const auto& hash : block_hashes) leaves.push_back(ledger::merkle::leaf_hash(hash));
  return ledger::merkle::root(leaves);
}

std::string sign_manifest(Manifest manifest, const ledger::SecretKey& key) {
  manifest.signer = key.public_key();
  const auto text = unsigned_text(manifest);
  return text + "signature " + to_hex(key.sign(bytes_of_text(text)).bytes) + "\n";
}

Manifest parse_manifest(std::string_view text) {
  LineReader lines(text);
  Manifest manifest;
  const auto version = lines.number(lines.take(title, 1)[1]);
  if (version != Manifest::version) {
    throw FormatError("manifest version " + std::to_string(version) +
                      " is not known; this program reads " + std::to_string(Manifest::version));
  }
  manifest.run_id = lines.hex<32>(lines.take("run", 1)[1]);
  while (lines.at("segment")) manifest.segments.push_back(read_segment(lines));
  const auto head = lines.take("head", 2);
  manifest.height = lines.number(head[1]);
  manifest.head = lines.hex<32>(head[2]);
  manifest.history_root = lines.hex<32>(lines.take("history", 1)[1]);
  manifest.signer.bytes = lines.hex<32>(lines.take("signer", 1)[1]);
  const auto signature = lines.hex<64>(lines.take("signature", 1)[1]);
  if (unsigned_text(manifest) + "signature " + to_hex(signature) + "\n" != text) {
    throw FormatError("manifest: not in the form that it is written in");
  }
  return manifest;
}

bool verify_manifest(std::string_view text, const ledger::PublicKey& key) {
  const auto at = text.rfind(signature_word);
  if (at == std::string_view::npos) return false;
  const auto bytes = from_hex(trimmed(text.substr(at + signature_word.size())));
  ledger::Signature signature;
  if (!bytes || bytes->size() != signature.bytes.size()) return false;
  std::copy(bytes->begin(), bytes->end(), signature.bytes.begin());
  return ledger::verify(key, bytes_of_text(text.substr(0, at + 1)), signature);
}

}  // namespace gridtally::archive
