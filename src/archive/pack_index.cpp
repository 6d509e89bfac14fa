#include "archive/pack_index.hpp"

#include <algorithm>

#include "archive/manifest.hpp"
#include "archive/output_folder.hpp"
#include "archive/tar_header.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
bool are_zeros(ledger::ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

class IndexReader {
 public:
  explicit IndexReader(const Input& pack) : pack_(pack) {}

  std::vector<PackMember> read() {
    while (true) {
      const auto header = take(tar_block);
      if (are_zeros(header)) break;
      read_member(header);
    }
    if (!are_zeros(take(tar_block))) fail("one block of zeros, where two end a pack");
    if (at_ != pack_.size()) {
      fail(std::to_string(pack_.size() - at_) + " bytes after the end of the pack");
    }
    if (members_.size() < 2) {
      fail("no " + std::string(members_.empty() ? genesis_name : manifest_name));
    }
    return std::move(members_);
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw FormatError(pack_.name() + " offset " + std::to_string(at_) + ": " + reason);
  }

  ledger::Bytes take(std::uint64_t size) {
    ledger::Bytes bytes(static_cast<std::size_t>(size));
    if (pack_.read_at(at_, bytes) != size) fail("the pack is cut off");
    at_ += size;
    return bytes;
  }

  [[noreturn]] void refuse(const std::string& name) const {
    const bool twice = std::any_of(members_.begin(), members_.end(),
                                   [&](const PackMember& other) { return other.name == name; });
    fail("'" + name + (twice ? "' is there twice" : "' is no file of an archive, or not the next"));
  }

  void read_member(ledger::ByteView header) {
    PackMember member;
    try {
      const auto entry = read_tar_header(header);
      member = {entry.name, at_, entry.size};
    } catch (const FormatError& error) {
      at_ -= tar_block;
      fail(error.what());
    }
    if (!order_.accepts(member.name)) refuse(member.name);
    if (member.size > pack_.size() - at_) fail("'" + member.name + "' is cut off");
    at_ += member.size;
    if (!are_zeros(take(tar_padding(member.size)))) {
      fail("other bytes than zeros after '" + member.name + "'");
    }
    members_.push_back(std::move(member));
  }

  const Input& pack_;
  std::uint64_t at_ = 0;
  PackOrder order_;
  std::vector<PackMember> members_;
};
}  // namespace

bool PackOrder::accepts(const std::string& name) {
  if (count_ < 2) {
    if (name != (count_ == 0 ? genesis_name : manifest_name)) return false;
  } else if (!journals_ && name == segment_name(day_)) {
    ++day_;
  } else if (name == journal_name(day_)) {
    journals_ = true;
    ++day_;
  } else {
    return false;
  }
  ++count_;
  return true;
}

std::vector<PackMember> read_pack_index(const Input& pack) { return IndexReader(pack).read(); }

}  // namespace gridtally::archive
