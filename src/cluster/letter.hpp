#pragma once

#include <memory>
#include <string>

#include "cluster/post.hpp"
#include "ledger/evidence.hpp"
#include "ledger/messages.hpp"

namespace gridtally::cluster {

/// What a letter between ranks is about: its first byte. The rest is the canonical encoding of the
/// thing, or of `acknowledgement` the height u64, of `halt` and `stop` the reason in words.
enum class Subject : std::uint8_t {
  consensus = 0,        ///< ledger::Message
  transaction = 1,      ///< a meter's, to the validators
  ballot = 2,           ///< a validator's vote on members, to the validators
  evidence = 3,         ///< to the archivist
  acknowledgement = 4,  ///< "I have all blocks up to this height"
  halt = 5,             ///< the archivist's: the run ends here
  stop = 6,             ///< to the archivist: end the run for now; the archivist's: it has ended
};

Post::Contents letter(Subject subject, ledger::ByteView body);
Post::Contents letter_in_words(Subject subject, const std::string& words);
Post::Contents letter(const ledger::Message& message);
Post::Contents acknowledgement(std::uint64_t height);

struct OpenLetter {
  Subject subject;
  ledger::ByteView body;  ///< of the letter's bytes, which must outlive it
};
/// FormatError for an empty letter or an unknown subject.
OpenLetter open(const ledger::Bytes& bytes);

}  // namespace gridtally::cluster
