#include "cluster/letter.hpp"

#include "base/error.hpp"

namespace gridtally::cluster {

Post::Contents letter(Subject subject, ledger::ByteView body) {
  ledger::ByteWriter out;
  return std::make_shared<const ledger::Bytes>(
      out.u8(static_cast<std::uint8_t>(subject)).raw(body).take());
}

Post::Contents letter(const ledger::Message& message) {
  return letter(Subject::consensus, encode(message));
}

Post::Contents acknowledgement(std::uint64_t height) {
  ledger::ByteWriter out;
  return letter(Subject::acknowledgement, out.u64(height).take());
}

Post::Contents letter_in_words(Subject subject, const std::string& words) {
  return letter(subject, ledger::Bytes(words.begin(), words.end()));
}

OpenLetter open(const ledger::Bytes& bytes) {
  if (bytes.empty() || bytes[0] > static_cast<std::uint8_t>(Subject::stop)) {
    throw FormatError("a letter between ranks of an unknown kind");
  }
  return {static_cast<Subject>(bytes[0]), ledger::ByteView(bytes).subspan(1)};
}

}  // namespace gridtally::cluster
