#include "crash/trace.hpp"

#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::crash {

namespace {
const char* name(Call call) {
  switch (call) {
    case Call::open:
      return "open";
    case Call::write:
      return "write";
    case Call::sync:
      return "sync";
    case Call::truncate:
      return "truncate";
    case Call::close:
      return "close";
    case Call::rename:
      return "rename";
    case Call::unlink:
      return "unlink";
    case Call::make_folder:
      return "mkdir";
    case Call::remove_folder:
      return "rmdir";
    case Call::link:
      return "link";
    case Call::lock:
      return "flock";
    case Call::change_mode:
      return "chmod";
    case Call::note:
      return "note";
  }
  return "unknown call";
}

class Records {
 public:
  explicit Records(const std::filesystem::path& path) : bytes_(read_file(path)) {}
  [[nodiscard]] bool at_end() const { return offset_ == bytes_.size(); }

  Operation next() {
    TraceHead head{};
    std::memcpy(&head, take(sizeof(head)), sizeof(head));
    Operation operation{head.call,  head.process, head.descriptor,
                        head.flags, head.offset,  head.result,
                        head.error, {},           {},
                        {}};
    operation.path = text(head.path_size);
    operation.second_path = text(head.second_path_size);
    const auto* const data = take(head.data_size);
    operation.data.assign(data, data + head.data_size);
    return operation;
  }

 private:
  const std::uint8_t* take(std::size_t size) {
    if (size > bytes_.size() - offset_) {
      throw FormatError("trace: a record at byte " + std::to_string(offset_) + " is cut off");
    }
    const auto* const at = bytes_.data() + offset_;
    offset_ += size;
    return at;
  }
  std::string text(std::size_t size) { return {reinterpret_cast<const char*>(take(size)), size}; }

  Bytes bytes_;
  std::size_t offset_ = 0;
};
}  // namespace

std::vector<Operation> read_trace(const std::filesystem::path& path) {
  Records records(path);
  std::vector<Operation> trace;
  while (!records.at_end()) trace.push_back(records.next());
  return trace;
}

std::string describe(const Operation& operation) {
  std::string text = std::string(name(operation.call)) + " '" + operation.path + "'";
  if (!operation.second_path.empty()) text += " to '" + operation.second_path + "'";
  if (operation.call == Call::write) {
    text += ", " + std::to_string(operation.data.size()) + " bytes at " +
            std::to_string(operation.offset);
  }
  if (operation.result < 0) text += ": " + std::string(std::strerror(operation.error));
  return text;
}

}  // namespace gridtally::crash
