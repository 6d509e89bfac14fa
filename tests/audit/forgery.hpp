#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "audit/small_run.hpp"

/// What a forger can do who holds keys: change a block and sign the chain again, or change a file
/// and sign the manifest again, so that the checks below the checksums must find it.
namespace gridtally::audit::testing {

/// Whose keys a forger holds: with those of a quorum alone, what the meters said later keeps the
/// signatures of the chain as it was.
enum class Forgers { quorum, quorum_and_meters };

/// Links and signs every block from `height` on again, with the keys of all validators: the
/// votes kept in each certificate stay as many as they are.
void sign_chain_again(SmallRun& run, std::uint64_t height, Forgers forgers = Forgers::quorum);

/// The block's transaction of `meter` with other content and its old signature.
void change_transaction(SmallRun& run, std::uint64_t height, std::uint32_t meter,
                        const std::function<void(ledger::Transaction&)>& change);

/// Adds `change` to one number of a dataset of doubles, or of 64-bit integers.
void add_to_real(const std::filesystem::path& file, const std::string& dataset, std::size_t index,
                 double change);
void add_to_integer(const std::filesystem::path& file, const std::string& dataset,
                    std::size_t index, std::int64_t change);
void add_to_unsigned(const std::filesystem::path& file, const std::string& dataset,
                     std::size_t index, std::uint64_t change);

/// Gives an attribute of the file another value.
void set_real_attribute(const std::filesystem::path& file, const std::string& name, double value);

/// Gives the manifest the checksums that the segments have now, and signs it.
void sign_manifest_again(const std::filesystem::path& archive, const ledger::SecretKey& key);

/// Replaces the first `from` in a file by `to`, of the same length.
void replace_in_file(const std::filesystem::path& file, const std::string& from,
                     const std::string& to);

}  // namespace gridtally::audit::testing
