#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/fault.hpp"
#include "ledger/genesis.hpp"
#include "ledger/merkle.hpp"
#include "ledger/numbers.hpp"
#include "ledger/verifier.hpp"

namespace gridtally::ledger {

enum class Phase : std::uint8_t { trading = 0, settlement = 1 };
std::string_view name(Phase phase);

/// The place of a block in a run: which block comes next, and what its transactions must say.
struct Turn {
  std::uint64_t height = 0;
  std::uint32_t day = 0;
  Phase phase = Phase::trading;
  std::uint32_t iteration = 0;  ///< k in trading, settlement round f otherwise; both from 1
  bool operator==(const Turn&) const = default;
};

/// Func B: what one prosumer decides in one iteration.
struct Decision {
  std::uint32_t prosumer = 0;
  std::vector<double> numbers;  ///< θ_u or p_u·, Terms::decision_size(u) numbers
  Digest commitment{};          ///< to the private QP iterate
  bool operator==(const Decision&) const = default;
};

/// One prosumer's answer to its proposed net trades.
struct Acceptance {
  std::uint32_t prosumer = 0;
  bool accepted = false;
  std::vector<double> change;  ///< [T] change of net trade needed [kWh]; zeros when accepted
  double cost = 0.0;           ///< of the schedule with these net trades [cents]
  double cost_alone = 0.0;     ///< of the best schedule without trading [cents]
  double bound = 0.0;          ///< its term of the lower bound (model.md 4) [cents]
  Digest commitment{};         ///< to the private schedule
  bool operator==(const Acceptance&) const = default;
};

/// One meter's word in one block: `decisions` in trading, `acceptances` in settlement, one row a
/// prosumer served, in prosumer order; the other vector is empty.
struct Transaction {
  static constexpr std::uint16_t version = 2;
  Digest run_id{};
  Turn turn;
  /// Hash of the block before `turn`; the run id before the first. So the signature covers the
  /// whole chain up to there, the meter's own earlier words included (LatestWords,
  /// latest_words.hpp).
  Digest parent{};
  std::uint32_t meter = 0;
  std::uint64_t nonce = 0;  ///< number of the meter's earlier transactions: height − 1
  std::vector<Decision> decisions;
  std::vector<Acceptance> acceptances;
  bool operator==(const Transaction&) const = default;
};

/// Canonical bytes of one row: the Merkle leaf.
Bytes encode(const Decision& row);
Bytes encode(const Acceptance& row);
Digest rows_root(const Transaction& transaction);
Bytes signed_bytes(const Transaction& transaction, const Digest& rows_root);

/// A transaction with its signature; immutable, its rows root and id computed once. One from a
/// thinned archive has the rows root but not the rows: whatever does not need them can be checked.
class SignedTransaction {
 public:
  SignedTransaction(Transaction transaction, const Signature& signature);
  /// Of which only the root of the rows is known; `transaction` has none.
  SignedTransaction(Transaction transaction, const Digest& rows_root, const Signature& signature);

  [[nodiscard]] const Transaction& content() const { return content_; }
  [[nodiscard]] const Signature& signature() const { return signature_; }
  [[nodiscard]] const Digest& rows_root() const { return rows_root_; }
  [[nodiscard]] bool has_rows() const { return has_rows_; }
  /// What the signature covers.
  [[nodiscard]] Bytes signed_bytes() const;
  /// SHA-256(signed bytes || signature).
  [[nodiscard]] const Digest& id() const { return id_; }
  bool operator==(const SignedTransaction&) const = default;

 private:
  Transaction content_;
  Signature signature_;
  Digest rows_root_;
  Digest id_;
  bool has_rows_ = true;
};

/// Signs as it stands: call `canonicalise` on the numbers first.
SignedTransaction sign_transaction(Transaction transaction, const SecretKey& key);

/// Error for one without rows.
Bytes encode(const SignedTransaction& transaction);
SignedTransaction decode_transaction(ByteView bytes);

/// Empty transaction of `meter` for `turn`, after block `parent`: run id, turn, parent, nonce set;
/// rows to be filled.
Transaction make_transaction(const Digest& run_id, const Turn& turn, const Digest& parent,
                             std::uint32_t meter);

/// Nothing when the transaction may stand at `turn`; else what is wrong with it, by name. In
/// trading it may be of an iteration up to Genesis::staleness before; whether that one's height is
/// right, whether its parent is, and whether it says anything new, check_execution knows
/// (chain.hpp). Of one without rows everything but the rows is checked.
std::optional<Fault> check_transaction(const Genesis& genesis, const Digest& run_id,
                                       const Turn& turn, const SignedTransaction& transaction,
                                       Verifier& verifier);

/// Proof that one prosumer's row is in a transaction, checked against its rows root.
struct RowProof {
  Bytes row;  ///< encoded Decision or Acceptance
  std::uint32_t index = 0;
  std::uint32_t rows = 0;
  std::vector<Digest> path;
};
RowProof prove_row(const Transaction& transaction, std::uint32_t prosumer);
bool verify_row(const RowProof& proof, const Digest& rows_root);

}  // namespace gridtally::ledger
