#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"
#include "ledger/keys.hpp"

namespace gridtally::ledger {
namespace {

constexpr std::string_view first_line = "gridtally-key 1\n";
constexpr std::size_t seed_letters = 64;
constexpr std::size_t longest_file = 128;

/// Bytes that are zeroed when they go.
struct SecretText {
  std::array<char, longest_file> letters{};
  std::size_t size = 0;
  SecretText() = default;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { sodium_memzero(letters.data(), letters.size()); }
  [[nodiscard]] std::string_view view() const { return {letters.data(), size}; }
};

std::filesystem::path key_path(const std::filesystem::path& folder, Role role,
                               std::uint32_t index) {
  return folder / (key_name(role, index) + ".key");
}

std::string octal(mode_t mode) {
  std::string text = "0000";
  for (std::size_t i = 0; i < 4; ++i) {
    text[3 - i] = static_cast<char>('0' + ((mode >> (3 * i)) & 7U));
  }
  return text;
}

void refuse_open_mode(const std::filesystem::path& path, mode_t mode, const std::string& wanted) {
  if ((mode & 077U) == 0) return;
  throw InputError(path.string() + ": mode " + octal(mode & 07777U) +
                   " lets others in; run: chmod " + wanted + " " + path.string());
}

void read_whole(const std::filesystem::path& path, SecretText& text) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && errno == ELOOP) {
    throw InputError(path.string() + ": a symbolic link, not a key file; put the key itself there");
  }
  if (descriptor < 0) {
    throw InputError(path.string() + ": no such key can be read (" + std::strerror(errno) +
                     "); make the keys first");
  }
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  ssize_t got = -1;
  if (known && S_ISREG(status.st_mode) && (status.st_mode & 077U) == 0) {
    got = ::read(descriptor, text.letters.data(), text.letters.size());
  }
  ::close(descriptor);
  if (!known || !S_ISREG(status.st_mode)) throw FormatError(path.string() + ": not a key file");
  refuse_open_mode(path, status.st_mode, "600");
  if (got < 0) throw IoError("cannot read " + path.string());
  text.size = static_cast<std::size_t>(got);
}

}  // namespace

std::string key_name(Role role, std::uint32_t index) {
  std::string number = std::to_string(index);
  if (role == Role::validator) return "validator-" + number;
  if (number.size() < 5) number.insert(0, 5 - number.size(), '0');
  return "meter-" + number;
}

void make_key_folder(const std::filesystem::path& folder) {
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw IoError("cannot create folder " + folder.string() + ": " + std::strerror(errno));
  }
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw InputError(folder.string() + ": not a folder");
  }
  refuse_open_mode(folder, status.st_mode, "700");
}

void write_key(const std::filesystem::path& folder, Role role, std::uint32_t index,
               const SecretKey& key) {
  make_key_folder(folder);
  const std::filesystem::path path = key_path(folder, role, index);
  if (std::filesystem::exists(std::filesystem::symlink_status(path))) {
    throw InputError(path.string() + ": exists already; keys are never overwritten");
  }
  SecretText text;
  const auto put = [&text](std::string_view part) {
    std::copy(part.begin(), part.end(), text.letters.begin() + text.size);
    text.size += part.size();
  };
  put(first_line);
  put(key_name(role, index) + "\n");
  // bin2hex ends with a zero byte, which the newline then replaces.
  sodium_bin2hex(text.letters.data() + text.size, seed_letters + 1, key.secret_.get(),
                 crypto_sign_SEEDBYTES);
  text.size += seed_letters;
  put("\n");
  File file = File::create(path, 0600);
  file.write({reinterpret_cast<const std::uint8_t*>(text.letters.data()), text.size});
  file.sync();
  file.close();
  sync_folder(folder);
}

SecretKey read_key(const std::filesystem::path& folder, Role role, std::uint32_t index) {
  const std::filesystem::path path = key_path(folder, role, index);
  SecretText text;
  read_whole(path, text);
  const std::string_view all = text.view();
  if (!all.starts_with(first_line)) {
    throw FormatError(path.string() + ": not a gridtally key file of version 1");
  }
  const std::string name = key_name(role, index) + "\n";
  const std::string_view rest = all.substr(first_line.size());
  if (!rest.starts_with(name)) {
    throw FormatError(path.string() + ": holds another key than " + key_name(role, index));
  }
  const std::string_view seed = rest.substr(name.size());
  if (seed.size() != seed_letters + 1 || seed.back() != '\n') {
    throw FormatError(path.string() + ": damaged, its length is wrong");
  }
  std::array<std::uint8_t, crypto_sign_SEEDBYTES> bytes;
  std::size_t length = 0;
  const int status = sodium_hex2bin(bytes.data(), bytes.size(), seed.data(), seed_letters, nullptr,
                                    &length, nullptr);
  if (status != 0 || length != bytes.size()) {
    sodium_memzero(bytes.data(), bytes.size());
    throw FormatError(path.string() + ": damaged, its seed is not hexadecimal");
  }
  SecretKey key = SecretKey::from_seed(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

}  // namespace gridtally::ledger
