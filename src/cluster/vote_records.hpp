#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "ledger/bytes.hpp"
#include "ledger/sha256.hpp"

namespace gridtally::cluster {

/// What the validators of a rank must not forget in a crash (consensus::Validator::record), durable
/// before a signature leaves them. One file for all of them: a step costs one fdatasync, however
/// many they are. Frames: length u32, validator u32, record, SHA-256 of all before; of each
/// validator the last whole frame counts. Mode 0600; made with the first record, and begun anew
/// when it has grown to a few MB.
class VoteRecords {
 public:
  using Records = std::map<std::uint32_t, ledger::Bytes>;  ///< by validator

  /// Replaces what is at `path`. `known` records are durable there on return. IoError when the disk
  /// refuses.
  explicit VoteRecords(std::filesystem::path path, Records known = {});

  /// The validator's last record; empty: none yet.
  [[nodiscard]] ledger::Bytes last(std::uint32_t validator) const;
  void append(std::uint32_t validator, ledger::ByteView record);
  /// fdatasync: returns once all that was appended is durable.
  void sync();

 private:
  void begin_anew();

  std::filesystem::path path_;
  Records last_;
  std::optional<File> file_;
  std::uint64_t size_ = 0;
};

/// The last whole record of each validator in a file of VoteRecords.
VoteRecords::Records read_vote_records(const std::filesystem::path& path);

/// "votes-2-0.record": of rank 0 in the run's second life.
std::string vote_records_name(std::uint32_t life, int rank);

/// A validator's record, and the life of the run that it is from.
struct EarlierVote {
  std::uint32_t life = 0;
  ledger::Bytes record;
  bool operator==(const EarlierVote&) const = default;
};
using EarlierVotes = std::map<std::uint32_t, EarlierVote>;  ///< by validator
/// What the lives so far left in `folder`: of each validator the record of the latest life that has
/// one.
EarlierVotes read_earlier_votes(const std::filesystem::path& folder);
/// Keeps in `all` what is of a later life.
void merge(EarlierVotes& all, std::uint32_t validator, EarlierVote vote);
/// Removes the records of all lives before `life`.
void remove_earlier_votes(const std::filesystem::path& folder, std::uint32_t life);

}  // namespace gridtally::cluster
