#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "ledger/proof.hpp"
#include "report/run_view.hpp"

namespace gridtally::report {

/// What a proof is to show of a prosumer: one of day, day with partner, and block.
struct ProofRequest {
  std::uint32_t prosumer = 0;
  std::optional<std::uint32_t> day;
  std::optional<std::uint32_t> partner;
  std::optional<std::uint64_t> block;  ///< the one that read_run was asked for
};
/// InputError, with the remedy, when the run cannot prove it.
ledger::Proof prove(const RunView& run, const ProofRequest& request);
/// A new file of a few kB; InputError when there is one already. Returns its size [bytes].
std::size_t write_proof(const std::filesystem::path& path, const ledger::Proof& proof);
/// FormatError naming the file when it is no proof.
ledger::Proof read_proof(const std::filesystem::path& path);

/// A head's hash as a person gives it: 64 hexadecimal digits, a file that begins with them, or an
/// archive folder, whose manifest names the head of its sealed days. InputError otherwise.
ledger::Digest read_head(const std::string& given);

/// What a proof shows, in plain words; `failure` is the step that failed (ledger::fault_of_proof).
std::string proof_text(const ledger::Proof& proof, const std::optional<std::string>& failure);
/// The same as one JSON object; without the answer where a step failed.
std::string proof_json(const ledger::Proof& proof, const std::optional<std::string>& failure);

}  // namespace gridtally::report
