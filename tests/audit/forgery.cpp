#include "audit/forgery.hpp"

#include <hdf5.h>

#include <stdexcept>
#include <vector>

#include "archive/manifest.hpp"
#include "base/file.hpp"

namespace gridtally::audit::testing {

namespace {

/// What was made for a height above `height` names the blocks as they are now. `heads`: hashes by
/// height.
void name_new_parents(SmallRun& run, std::uint64_t height, const std::vector<ledger::Digest>& heads,
                      Forgers forgers, ledger::Block& block) {
  for (auto& transaction : block.transactions) {
    auto content = transaction.content();
    if (content.turn.height <= height) continue;
    content.parent = heads.at(content.turn.height - 1);
    const auto& key = run.meter_keys[content.meter];
    transaction = forgers == Forgers::quorum
                      ? ledger::SignedTransaction(std::move(content), transaction.signature())
                      : ledger::sign_transaction(std::move(content), key);
  }
}

}  // namespace

void sign_chain_again(SmallRun& run, std::uint64_t height, Forgers forgers) {
  ledger::Tip tip(ledger::run_id(run.genesis));
  std::vector<ledger::Digest> heads{tip.head};
  for (std::uint64_t h = 1; h < height; ++h) {
    tip.advance(run.at(h).certificate.block_hash);
    heads.push_back(tip.head);
  }
  for (auto h = height; h <= run.blocks.size(); ++h) {
    auto& [block, certificate] = run.at(h);
    name_new_parents(run, height, heads, forgers, block);
    block.header.parent = tip.head;
    block.header.history = tip.history.root();
    block.header.transactions_root = ledger::transactions_root(block);
    const auto hash = ledger::block_hash(block.header);
    block.proposer_signature =
        run.validator_keys[block.header.proposer].sign(ledger::proposal_bytes(hash));
    certificate.block_hash = hash;
    for (auto& [validator, signature] : certificate.precommits) {
      signature = ledger::sign_vote({ledger::Step::precommit,
                                     block.header.run_id,
                                     h,
                                     certificate.round,
                                     hash,
                                     validator,
                                     {}},
                                    run.validator_keys[validator])
                      .signature;
    }
    tip.advance(hash);
    heads.push_back(hash);
  }
}

void change_transaction(SmallRun& run, std::uint64_t height, std::uint32_t meter,
                        const std::function<void(ledger::Transaction&)>& change) {
  auto& transaction = run.at(height).block.transactions[meter];
  auto content = transaction.content();
  change(content);
  transaction = ledger::SignedTransaction(std::move(content), transaction.signature());
}

namespace {

template <typename Number>
void add_to(const std::filesystem::path& path, const std::string& name, hid_t type,
            std::size_t index, Number change) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
  const hid_t space = H5Dget_space(dataset);
  std::vector<Number> numbers(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  const bool read = H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()) >= 0;
  numbers.at(index) += change;
  const bool written = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()) >= 0;
  H5Sclose(space);
  H5Dclose(dataset);
  if (!read || !written || H5Fclose(file) < 0) throw std::runtime_error("cannot edit " + name);
}

}  // namespace

void add_to_real(const std::filesystem::path& file, const std::string& dataset, std::size_t index,
                 double change) {
  add_to(file, dataset, H5T_NATIVE_DOUBLE, index, change);
}

void add_to_integer(const std::filesystem::path& file, const std::string& dataset,
                    std::size_t index, std::int64_t change) {
  add_to(file, dataset, H5T_NATIVE_INT64, index, change);
}

void add_to_unsigned(const std::filesystem::path& file, const std::string& dataset,
                     std::size_t index, std::uint64_t change) {
  add_to(file, dataset, H5T_NATIVE_UINT64, index, change);
}

void set_real_attribute(const std::filesystem::path& path, const std::string& name, double value) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(file, name.c_str(), H5P_DEFAULT);
  const bool written = H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value) >= 0;
  H5Aclose(attribute);
  if (H5Fclose(file) < 0 || !written) throw std::runtime_error("cannot edit " + name);
}

void sign_manifest_again(const std::filesystem::path& archive, const ledger::SecretKey& key) {
  auto manifest = archive::parse_manifest(read_text(archive / "manifest"));
  for (auto& segment : manifest.segments) {
    segment.sha256 = ledger::sha256(read_file(archive / segment.name));
  }
  write_file_durably(archive / "manifest", archive::sign_manifest(manifest, key));
}

void replace_in_file(const std::filesystem::path& file, const std::string& from,
                     const std::string& to) {
  auto text = read_text(file);
  const auto at = text.find(from);
  if (at == std::string::npos || from.size() != to.size()) {
    throw std::runtime_error(file.string() + " has no '" + from + "'");
  }
  write_file_durably(file, text.replace(at, from.size(), to));
}

}  // namespace gridtally::audit::testing
