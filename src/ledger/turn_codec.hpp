#pragma once

#include "ledger/transaction.hpp"

namespace gridtally::ledger {

/// height u64, day u32, phase u8, iteration u32.
inline void write_turn(const Turn& turn, ByteWriter& writer) {
  writer.u64(turn.height).u32(turn.day).u8(static_cast<std::uint8_t>(turn.phase));
  writer.u32(turn.iteration);
}

inline Turn read_turn(ByteReader& reader) {
  Turn turn;
  turn.height = reader.u64();
  turn.day = reader.u32();
  turn.phase = reader.boolean() ? Phase::settlement : Phase::trading;
  turn.iteration = reader.u32();
  return turn;
}

inline void read_version(ByteReader& reader, std::uint16_t wanted) {
  const std::uint16_t version = reader.u16();
  if (version != wanted) {
    reader.fail("version " + std::to_string(version) + ", this program reads version " +
                std::to_string(wanted) + ": read it with the program that wrote it");
  }
}

}  // namespace gridtally::ledger
