#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "ledger/bytes.hpp"
#include "ledger/keys.hpp"

namespace gridtally::ledger {

/// Who validates, the votes under way to change that, and who proposed lately: the rules of Clique
/// (EIP-225), for blocks that may carry several votes. Part of the contract's state.
///
/// Validators are numbered for ever: first those of the genesis, then each key in the order in
/// which it was first added. A key that is removed and added again keeps its number.
///
/// The last member may vote itself out. Then active() is empty and no block can follow: quorum(),
/// tolerated() and proposer() throw Error.
class Membership {
 public:
  /// One vote that has not passed. Its direction is that of every vote about its candidate: to
  /// remove a member, to add anyone else.
  struct Pending {
    PublicKey candidate;
    std::uint32_t voter = 0;
    auto operator<=>(const Pending&) const = default;
  };

  Membership() = default;
  /// Before block 1. Pending votes lapse after every block whose height is a multiple of `epoch`.
  /// Error when a key stands twice or `epoch` is 0.
  Membership(std::vector<PublicKey> validators, std::uint64_t epoch);

  /// Every key that ever was a member, by validator index.
  [[nodiscard]] const std::vector<PublicKey>& known() const { return known_; }
  /// Members, by ascending index.
  [[nodiscard]] const std::vector<std::uint32_t>& active() const { return active_; }
  [[nodiscard]] const std::set<Pending>& pending() const { return pending_; }
  [[nodiscard]] std::uint64_t height() const { return height_; }  ///< of the last closed block
  [[nodiscard]] bool is_active(std::uint32_t validator) const;
  /// Index of a known key, member or not.
  [[nodiscard]] std::optional<std::uint32_t> find(const PublicKey& key) const;
  [[nodiscard]] std::uint32_t quorum() const;     ///< ⌊2N/3⌋ + 1 of N members
  [[nodiscard]] std::uint32_t tolerated() const;  ///< f = ⌊(N − 1)/3⌋

  /// Who may propose at (height, round): the members in cyclic order from active()[height mod N],
  /// without those who signed recently; entry round mod size. At least f + 1 of them take turns.
  /// Error at a height that is closed.
  [[nodiscard]] std::uint32_t proposer(std::uint64_t height, std::uint32_t round) const;
  /// Whether it proposed one of the last ⌊N/2⌋ blocks before `height`; blocks that are not closed
  /// yet count as nobody's. The window grows by one block a height at most: what a shorter one
  /// let go stays forgotten. Error at a height that is closed.
  [[nodiscard]] bool signed_recently(std::uint32_t validator, std::uint64_t height) const;

  /// Takes one vote. It replaces what `voter` said of `candidate` before. A vote to add a member or
  /// to remove a stranger says nothing new: it only withdraws the earlier one. A voter who is no
  /// member is ignored. Then, if more than N/2 votes stand about the candidate (also where an
  /// earlier removal made them enough), it is added or removed at once, and every vote about it
  /// and, when removed, every vote by it is dropped. Nobody but the candidate changes.
  void cast(std::uint32_t voter, const PublicKey& candidate, bool add);
  /// Ends block `height`: notes its proposer and, at an epoch, drops the pending votes, also those
  /// cast in this block. Error unless it follows the last closed block and the proposer is known.
  void close_block(std::uint64_t height, std::uint32_t proposer);

  /// epoch u64, height u64, list of known keys [32], list of members u32 (ascending), list of
  /// pending votes (candidate [32], voter u32; ascending), list of recent proposers u32 (oldest
  /// first, at most ⌊N/2⌋ and at most height). A list is a u32 count and its elements.
  void encode(ByteWriter& writer) const;
  /// Reads one; FormatError for anything that encode would not have written.
  static Membership decode(ByteReader& reader);
  bool operator==(const Membership&) const = default;

 private:
  [[nodiscard]] std::uint32_t size() const;
  void require_open(std::uint64_t height) const;
  void admit(const PublicKey& candidate);
  void remove(std::uint32_t member);
  void shrink_window();

  std::uint64_t epoch_ = 30000;  ///< [blocks], Clique's default
  std::uint64_t height_ = 0;
  std::vector<PublicKey> known_;
  std::vector<std::uint32_t> active_;
  std::set<Pending> pending_;
  std::deque<std::uint32_t> recent_;  ///< proposers of the last blocks up to height_, oldest first
};

}  // namespace gridtally::ledger
