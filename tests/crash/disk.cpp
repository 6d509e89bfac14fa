#include "crash/disk.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"

namespace gridtally::crash {

namespace {
/// A write, or with no bytes a new size.
struct Change {
  bool truncates = false;
  std::uint64_t offset = 0;  ///< or the new size
  Bytes data;
};

void carry_out(const Change& change, Bytes& bytes) {
  if (change.truncates) return bytes.resize(change.offset);
  bytes.resize(std::max<std::size_t>(bytes.size(), change.offset + change.data.size()));
  std::copy(change.data.begin(), change.data.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

/// The first `size` bytes of a write reach the disk, zeros for the others when `sized`.
void tear(const Change& change, std::size_t size, bool sized, Bytes& bytes) {
  auto torn = change;
  std::fill(torn.data.begin() + static_cast<std::ptrdiff_t>(size), torn.data.end(), 0);
  if (!sized) torn.data.resize(size);
  if (!torn.data.empty()) carry_out(torn, bytes);
}

std::size_t below(std::mt19937& random, std::size_t count) { return random() % count; }

/// Of one unsynced change, by chance: nothing, all, a size of zeros, some bytes, some sectors.
void carry_out_by_chance(const Change& change, std::mt19937& random, Bytes& bytes) {
  constexpr std::size_t sector = 512;
  const auto fate = below(random, 6);
  if (fate < 2) return carry_out(change, bytes);
  if (fate == 2 || change.truncates) return;
  const auto size = change.data.size();
  auto kept = fate == 3 ? 0 : below(random, size + 1);
  if (fate == 5) {  // sectors are those of the file, not of the write
    const auto end = (change.offset + kept) / sector * sector;
    kept = end > change.offset ? end - change.offset : 0;
  }
  tear(change, kept, fate == 3 || below(random, 2) == 0, bytes);
}
}  // namespace

/// A file or a folder, as programs see it and as the disk holds it.
struct Disk::Node {
  /// Names that a call made, changed or (nullptr) removed in a folder: all at once.
  using Names = std::map<std::string, NodePtr>;

  bool is_folder = false;
  Bytes bytes, durable_bytes;
  std::vector<Change> changes;
  Names names, durable_names;
  std::vector<Names> renamings;

  void change(Change next) {
    carry_out(next, bytes);
    changes.push_back(std::move(next));
  }
  void name(Names next) {
    put(next, names);
    renamings.push_back(std::move(next));
  }
  void sync() {
    for (const auto& each : changes) carry_out(each, durable_bytes);
    for (const auto& each : renamings) put(each, durable_names);
    lose();
  }
  void lose() {
    changes.clear();
    renamings.clear();
  }

  static void put(const Names& some, Names& names) {
    for (const auto& [name, node] : some) {
      if (node) {
        names[name] = node;
      } else {
        names.erase(name);
      }
    }
  }

  [[nodiscard]] Bytes bytes_after(Loss loss, std::mt19937& random) const {
    auto left = durable_bytes;
    for (const auto& each : changes) {
      if (loss == Loss::none || loss == Loss::names) carry_out(each, left);
      if (loss == Loss::bytes && !each.truncates) tear(each, 0, true, left);
      if (loss == Loss::random) carry_out_by_chance(each, random, left);
    }
    return left;
  }

  [[nodiscard]] Names names_after(Loss loss, std::mt19937& random) const {
    auto left = durable_names;
    auto kept = renamings.size();
    if (loss == Loss::all || loss == Loss::names) kept = 0;
    if (loss == Loss::random) kept = below(random, kept + 1);
    for (std::size_t i = 0; i < kept; ++i) put(renamings[i], left);
    return left;
  }

  [[nodiscard]] bool unsynced() const {
    if (!changes.empty() || !renamings.empty()) return true;
    return std::any_of(names.begin(), names.end(),
                       [](const auto& each) { return each.second->unsynced(); });
  }

  /// Adds what is below to `tree`; `bytes_of` and `names_of` give a node's content.
  template <class BytesOf, class NamesOf>
  void list(const std::string& prefix, const BytesOf& bytes_of, const NamesOf& names_of,
            Tree& tree) const {
    for (const auto& [name, node] : names_of(*this)) {
      auto& content = tree[prefix + name];
      if (node->is_folder) {
        node->list(prefix + name + "/", bytes_of, names_of, tree);
      } else {
        content = bytes_of(*node);
      }
    }
  }
};

Disk::Disk(std::string root, const Tree& start)
    : root_path_(std::move(root)), root_(std::make_shared<Node>()) {
  root_->is_folder = true;
  for (const auto& [path, content] : start) {  // a folder comes before what is in it
    const auto at = place_of(root_path_ + "/" + path);
    auto node = std::make_shared<Node>();
    node->is_folder = !content;
    if (content) node->bytes = node->durable_bytes = *content;
    at.folder->names[at.name] = at.folder->durable_names[at.name] = node;
  }
}

Disk::Disk(Disk&&) noexcept = default;
Disk& Disk::operator=(Disk&&) noexcept = default;
Disk::~Disk() = default;

Disk::Place Disk::place_of(const std::string& path) const {
  if (!path.starts_with(root_path_ + "/")) throw Error("'" + path + "' is not below " + root_path_);
  auto rest = path.substr(root_path_.size() + 1);
  auto folder = root_;
  for (auto slash = rest.find('/'); slash != std::string::npos; slash = rest.find('/')) {
    const auto found = folder->names.find(rest.substr(0, slash));
    if (found == folder->names.end()) throw Error("no folder above '" + path + "'");
    folder = found->second;
    rest.erase(0, slash + 1);
  }
  return {folder, rest};
}

Disk::NodePtr Disk::find(const std::string& path) const {
  if (path == root_path_ || path == root_path_ + "/") return root_;
  const auto at = place_of(path);
  const auto found = at.folder->names.find(at.name);
  return found == at.folder->names.end() ? nullptr : found->second;
}

Disk::NodePtr Disk::opened(const Operation& operation) const {
  if (operation.descriptor < 0) {
    if (auto node = find(operation.path)) return node;
    throw Error("no such file: " + describe(operation));
  }
  const auto found = open_.find({operation.process, operation.descriptor});
  if (found == open_.end()) throw Error("not open: " + describe(operation));
  return found->second;
}

void Disk::open(const Operation& operation) {
  auto node = find(operation.path);
  if (!node) {
    if ((operation.flags & O_CREAT) == 0) throw Error("no such file: " + describe(operation));
    node = std::make_shared<Node>();
    const auto at = place_of(operation.path);
    at.folder->name({{at.name, node}});
  } else if ((operation.flags & O_TRUNC) != 0) {
    node->change({true, 0, {}});
  }
  open_[{operation.process, operation.descriptor}] = node;
}

void Disk::rename(const Operation& operation) {
  const auto from = place_of(operation.path);
  const auto to = place_of(operation.second_path);
  const auto node = find(operation.path);
  if (!node) throw Error("no such file: " + describe(operation));
  if (from.folder != to.folder)
    throw Error("not modelled, between folders: " + describe(operation));
  if (from.name != to.name) from.folder->name({{from.name, nullptr}, {to.name, node}});
}

void Disk::apply(const Operation& operation) {
  if (operation.call == Call::sync && operation.error == EIO) opened(operation)->lose();
  if (operation.call == Call::close) open_.erase({operation.process, operation.descriptor});
  if (operation.result < 0) return;
  switch (operation.call) {
    case Call::open:
      return open(operation);
    case Call::write: {
      if (operation.result == 0) return;
      return opened(operation)->change(
          {false, static_cast<std::uint64_t>(operation.offset), operation.data});
    }
    case Call::truncate:
      return opened(operation)->change({true, static_cast<std::uint64_t>(operation.offset), {}});
    case Call::sync:
      return opened(operation)->sync();
    case Call::rename:
      return rename(operation);
    case Call::unlink:
    case Call::remove_folder: {
      const auto at = place_of(operation.path);
      return at.folder->name({{at.name, nullptr}});
    }
    case Call::make_folder: {
      if (operation.path == root_path_) return;
      const auto at = place_of(operation.path);
      auto node = std::make_shared<Node>();
      node->is_folder = true;
      return at.folder->name({{at.name, node}});
    }
    case Call::link: {
      const auto at = place_of(operation.second_path);
      return at.folder->name({{at.name, find(operation.path)}});
    }
    case Call::close:
    case Call::lock:
    case Call::change_mode:
    case Call::note:
      return;
  }
  throw Error("unknown call in a trace: " + describe(operation));
}

Tree Disk::seen() const {
  Tree tree;
  root_->list(
      "", [](const Node& node) { return node.bytes; }, [](const Node& node) { return node.names; },
      tree);
  return tree;
}

Tree Disk::after_power_cut(Loss loss, std::mt19937& random) const {
  Tree tree;
  root_->list(
      "", [&](const Node& node) { return node.bytes_after(loss, random); },
      [&](const Node& node) { return node.names_after(loss, random); }, tree);
  return tree;
}

bool Disk::anything_unsynced() const { return root_->unsynced(); }

}  // namespace gridtally::crash
