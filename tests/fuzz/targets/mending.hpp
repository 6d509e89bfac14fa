#pragma once

#include <cstdint>
#include <span>

#include "fuzz/targets/material.hpp"

/// Hashes, checksums and signatures put right in bytes that somebody changed: else no change would
/// get past them.
namespace gridtally::fuzz {

/// Writes what `files` holds over the manifest's checksums and signs it as validator 0, where it
/// can be read at all.
void sign_manifest(Files& files);

/// Frames of length u32, `head` bytes with it, payload, SHA-256: gives each that fits the right
/// hash.
void hash_frames(ledger::Bytes& bytes, std::size_t head);

/// A file of days whose days have so many bytes, their hash not counted: hashes header and days.
void hash_days(ledger::Bytes& bytes, std::size_t day_bytes);

/// An HDF5 file: gives every chunk that an index of chunks leads to its right fletcher32.
void sum_chunks(ledger::Bytes& bytes);

/// A pack: gives each member the header that its name and size have, and signs the manifest.
void mend_pack(ledger::Bytes& bytes);

}  // namespace gridtally::fuzz
