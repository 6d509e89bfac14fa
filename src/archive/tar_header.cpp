#include "archive/tar_header.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <numeric>

#include "base/error.hpp"

namespace gridtally::archive {

namespace {
struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field owner_field{108, 8};
constexpr Field group_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field time_field{136, 12};
constexpr Field sum_field{148, 8};
constexpr std::size_t kind_at = 156;
constexpr Field magic_field{257, 8};
constexpr Field major_field{329, 8};
constexpr Field minor_field{337, 8};
constexpr std::uint64_t least_binary = std::uint64_t{1} << 33;  // octal has 11 digits
constexpr std::uint8_t binary_mark = 0x80;

void put(TarHeader& header, const Field& field, const std::string& text) {
  std::copy_n(text.begin(), std::min(text.size(), field.size),
              header.begin() + static_cast<std::ptrdiff_t>(field.at));
}

std::string octal(std::uint64_t value, int digits) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%0*llo", digits, static_cast<unsigned long long>(value));
  return text.data();
}

void put_size(TarHeader& header, std::uint64_t size) {
  if (size < least_binary) return put(header, size_field, octal(size, 11));
  header[size_field.at] = binary_mark;
  for (std::size_t i = 0; i < 8; ++i) {
    header[size_field.at + size_field.size - 1 - i] = static_cast<std::uint8_t>(size >> (8 * i));
  }
}

std::uint64_t size_in(ledger::ByteView header) {
  const auto field = header.subspan(size_field.at, size_field.size);
  const bool binary = field[0] == binary_mark;
  std::uint64_t size = 0;
  for (std::size_t i = binary ? 4 : 0; i < (binary ? 12U : 11U); ++i) {
    if (!binary && (field[i] < '0' || field[i] > '7'))
      throw FormatError("a size that is no number");
    size = binary ? size << 8 | field[i] : size << 3 | static_cast<std::uint64_t>(field[i] - '0');
  }
  return size;
}

std::string name_in(ledger::ByteView header) {
  const auto field = header.subspan(name_field.at, name_field.size);
  return {field.begin(), std::find(field.begin(), field.end(), std::uint8_t{0})};
}

void require_plain_file(const std::string& name, std::uint8_t kind) {
  static const std::map<std::uint8_t, const char*> others{
      {'1', "a hard link"},    {'2', "a symbolic link"},  {'3', "a character device"},
      {'4', "a block device"}, {'5', "a folder"},         {'6', "a pipe"},
      {'L', "a long name"},    {'K', "a long link name"}, {'x', "a pax header"},
      {'g', "a pax header"},   {'S', "a sparse file"}};
  if (kind == '0') return;
  const auto known = others.find(kind);
  throw FormatError("'" + name + "' is " +
                    (known == others.end() ? "an entry of an unknown kind" : known->second) +
                    ", not a plain file");
}
}  // namespace

TarHeader tar_header(const std::string& name, std::uint64_t size) {
  TarHeader header{};
  put(header, name_field, name);
  put(header, mode_field, "0000644");
  put(header, owner_field, "0000000");
  put(header, group_field, "0000000");
  put_size(header, size);
  put(header, time_field, octal(0, 11));
  header[kind_at] = '0';
  put(header, magic_field,
      std::string("ustar\0"
                  "00",
                  8));
  put(header, major_field, "0000000");
  put(header, minor_field, "0000000");
  put(header, sum_field, std::string(sum_field.size, ' '));
  const auto sum = std::accumulate(header.begin(), header.end(), std::uint64_t{0});
  put(header, sum_field, octal(sum, 6) + std::string("\0 ", 2));
  return header;
}

TarEntry read_tar_header(ledger::ByteView header) {
  if (std::memcmp(header.data() + magic_field.at, "ustar", 5) != 0) {
    throw FormatError("no header of a tar file");
  }
  TarEntry entry;
  entry.name = name_in(header);
  require_plain_file(entry.name, header[kind_at]);
  if (entry.name.empty() || entry.name.find('/') != std::string::npos) {
    throw FormatError("'" + entry.name + "' is not the name of a file of an archive");
  }
  entry.size = size_in(header);
  const auto expected = tar_header(entry.name, entry.size);
  if (std::equal(expected.begin(), expected.end(), header.begin(), header.end())) return entry;
  throw FormatError("'" + entry.name +
                    "' has a header in another form (mode, owner, time, sum or rest) than "
                    "gridtally-pack writes");
}

std::uint64_t tar_padding(std::uint64_t size) { return (tar_block - size % tar_block) % tar_block; }

}  // namespace gridtally::archive
