#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/membership.hpp"
#include "ledger/vectors.hpp"

namespace gridtally::ledger {

/// The key of an account that EIP-225's cases call by one letter.
PublicKey lettered_key(char letter);
Membership of_letters(const std::string& letters, std::uint64_t epoch = 30000);

struct CliqueBlock {
  char signer = 'A';
  char voted = 0;  ///< 0: no vote
  bool add = false;
  std::string checkpoint;  ///< the members the block must list; empty: it lists none
};

struct CliqueCase {
  std::string text;
  std::uint64_t epoch = 0;
  std::string signers;
  std::vector<CliqueBlock> blocks;
  std::string results;
  std::string failure;  ///< empty: every block is valid
};

/// EIP-225's test cases from a folder of vectors.
std::vector<CliqueCase> read_clique_cases(const std::filesystem::path& folder);

/// Members by letter, ascending.
std::string letters_of(const Membership& membership);
/// Written to bytes and read back, as at a restart.
Membership restarted(const Membership& membership);

/// EIP-225's rules as it tells them, block by block with all that was ever signed: slow, one vote a
/// block, accounts as letters.
class SlowClique {
 public:
  explicit SlowClique(const std::string& signers) : members_(signers.begin(), signers.end()) {}
  /// Name of the rule that the next block breaks; empty: it is taken.
  std::string apply(const CliqueBlock& block);
  [[nodiscard]] std::string members() const { return {members_.begin(), members_.end()}; }

 private:
  [[nodiscard]] bool signed_recently(char signer) const;
  void count(const CliqueBlock& block);

  std::set<char> members_;
  std::vector<char> signers_;                    ///< of every block
  std::map<std::pair<char, char>, bool> votes_;  ///< (signer, candidate): to add
};

}  // namespace gridtally::ledger
