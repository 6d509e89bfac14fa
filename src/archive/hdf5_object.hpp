#pragma once

#include <cstdint>
#include <vector>

#include "archive/hdf5_structures.hpp"

namespace gridtally::archive::hdf5 {

/// Kinds of the messages in an object header.
enum class MessageType : std::uint16_t {
  nil = 0x00,
  dataspace = 0x01,
  link_info = 0x02,
  datatype = 0x03,
  old_fill_value = 0x04,
  fill_value = 0x05,
  link = 0x06,
  external_files = 0x07,
  layout = 0x08,
  group_info = 0x0a,
  filters = 0x0b,
  attribute = 0x0c,
  comment = 0x0d,
  old_change_time = 0x0e,
  shared_table = 0x0f,
  continuation = 0x10,
  symbol_table = 0x11,
  change_time = 0x12,
  attribute_info = 0x15,
};

struct Message {
  MessageType type = MessageType::nil;
  std::uint64_t at = 0;  ///< where the body stands in the file
  ledger::Bytes body;
  [[nodiscard]] Cursor cursor(std::string_view what) const { return {body, at, what}; }
};

/// All messages of the object header (version 1) at `address`, its continuation blocks included.
/// Refused: messages kept elsewhere (shared), and types that no format of ours uses.
std::vector<Message> read_object(Structures& structures, std::uint64_t address);

}  // namespace gridtally::archive::hdf5
