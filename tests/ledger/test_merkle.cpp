#include <algorithm>
#include <optional>

#include "base/crew.hpp"
#include "ledger/merkle.hpp"
#include "ledger/vectors.hpp"

namespace gridtally::ledger {
namespace {

std::vector<Digest> leaves_of(std::size_t size) {
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < size; ++i) {
    leaves.push_back(merkle::leaf_hash(Bytes{static_cast<std::uint8_t>(i)}));
  }
  return leaves;
}

/// MTH of RFC 6962, 2.1, as it stands there.
Digest slow_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(ByteView{});
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return merkle::node_hash(slow_root(leaves.first(k)), slow_root(leaves.subspan(k)));
}

std::optional<Digest> digest_of(const Json& text) {
  const Bytes bytes = from_base64(text.get_value<std::string>());
  Digest digest{};
  if (bytes.size() != digest.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

/// The vector's proof; nothing when one of its nodes is no digest, which no call can even state.
std::optional<std::vector<Digest>> proof_of(const Json& vector) {
  std::vector<Digest> path;
  const auto proof = vector.get_child_optional("proof");
  if (!proof) return path;
  for (const auto& [unused, node] : *proof) {
    const auto digest = digest_of(node);
    if (!digest) return std::nullopt;
    path.push_back(*digest);
  }
  return path;
}

/// A tree head, which is only compared: the vectors' placeholders of fewer bytes are padded.
std::optional<Digest> head_of(const Json& text) {
  const Bytes bytes = from_base64(text.get_value<std::string>());
  Digest digest{};
  if (bytes.size() > digest.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

bool inclusion_holds(const Json& vector) {
  const auto path = proof_of(vector);
  const auto root = head_of(vector.get_child("root"));
  const auto leaf = digest_of(vector.get_child("leafHash"));
  return path && root && leaf &&
         merkle::verify_inclusion(*leaf, vector.get<std::uint64_t>("leafIdx"),
                                  vector.get<std::uint64_t>("treeSize"), *path, *root);
}

bool consistency_holds(const Json& vector) {
  const auto path = proof_of(vector);
  const auto old_root = head_of(vector.get_child("root1"));
  const auto new_root = head_of(vector.get_child("root2"));
  return path && old_root && new_root &&
         merkle::verify_consistency(vector.get<std::uint64_t>("size1"),
                                    vector.get<std::uint64_t>("size2"), *old_root, *new_root,
                                    *path);
}

int check_folder(const std::filesystem::path& folder, bool (*holds)(const Json&)) {
  int checked = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const Json vector = read_json(entry.path());
    EXPECT_EQ(holds(vector), !vector.get<bool>("wantErr", false)) << entry.path();
    ++checked;
  }
  return checked;
}

TEST(Merkle, PublishedVectors) {
  const auto folder = vectors_folder("rfc6962-merkle");
  if (folder.empty()) return report_no_vectors("rfc6962-merkle");
  EXPECT_EQ(check_folder(folder / "testdata/inclusion", inclusion_holds), 98);
  EXPECT_EQ(check_folder(folder / "testdata/consistency", consistency_holds), 98);
}

TEST(Merkle, EmptyTreeAndEmptyLeaf) {
  EXPECT_EQ(to_hex(merkle::root({})).substr(0, 8), "e3b0c442");
  EXPECT_EQ(to_hex(merkle::leaf_hash({})).substr(0, 8), "6e340b9c");
}

TEST(Merkle, RootEqualsTheDefinition) {
  for (std::size_t size = 0; size <= 33; ++size) {
    const auto leaves = leaves_of(size);
    EXPECT_EQ(merkle::root(leaves), slow_root(leaves)) << size;
  }
}

TEST(Merkle, RootIsTheSameHoweverManyThreads) {
  for (const std::size_t size : {2U, 1025U, 4999U}) {
    std::vector<Digest> leaves;
    for (std::size_t i = 0; i < size; ++i) {
      const std::array<std::uint8_t, 2> leaf{static_cast<std::uint8_t>(i),
                                             static_cast<std::uint8_t>(i >> 8U)};
      leaves.push_back(merkle::leaf_hash(leaf));
    }
    const Digest alone = merkle::root(leaves);
    Crew crew(3);
    const LentCrew lent(crew);
    EXPECT_EQ(merkle::root(leaves), alone) << size;
  }
}

TEST(Merkle, EveryInclusionProofHoldsAndNoOtherLeafOrPlace) {
  for (std::size_t size = 1; size <= 17; ++size) {
    const auto leaves = leaves_of(size);
    const Digest root = merkle::root(leaves);
    for (std::size_t i = 0; i < size; ++i) {
      const auto path = merkle::inclusion_proof(leaves, i);
      EXPECT_TRUE(merkle::verify_inclusion(leaves[i], i, size, path, root));
      for (std::size_t j = 0; j < size; ++j) {
        if (j == i) continue;
        EXPECT_FALSE(merkle::verify_inclusion(leaves[j], i, size, path, root));
        EXPECT_FALSE(merkle::verify_inclusion(leaves[i], j, size, path, root));
      }
    }
  }
}

TEST(Merkle, EveryConsistencyProofHoldsAndAnotherHistoryFails) {
  const auto leaves = leaves_of(17);
  auto rewritten = leaves;
  rewritten[0] = rewritten[1];
  for (std::size_t now = 1; now <= leaves.size(); ++now) {
    const auto current = std::span(leaves).first(now);
    for (std::size_t old = 1; old <= now; ++old) {
      const auto path = merkle::consistency_proof(current, old);
      const Digest old_root = merkle::root(current.first(old));
      EXPECT_TRUE(merkle::verify_consistency(old, now, old_root, merkle::root(current), path));
      const Digest other = merkle::root(std::span(rewritten).first(old));
      EXPECT_FALSE(merkle::verify_consistency(old, now, other, merkle::root(current), path));
    }
  }
}

}  // namespace
}  // namespace gridtally::ledger
