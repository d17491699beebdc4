// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/merkle.hpp>

#include <gridflock/core/error.hpp>

#include <algorithm>
#include <bit>
#include <string>

namespace gridflock::inline v0::asset {

namespace {
using Leaves = std::span<const Digest>;

/// Largest power of two below n, n > 1.
std::size_t split(std::size_t n) {
    return std::bit_floor(n - 1);
}

Digest root_of(Leaves leaves) {
    if (leaves.empty()) return sha256({});
    if (leaves.size() == 1) return leaves[0];
    const std::size_t k = split(leaves.size());
    return merkle_node(root_of(leaves.first(k)), root_of(leaves.subspan(k)));
}

void add_path(std::vector<Digest>& path, Leaves leaves, std::size_t index) {
    if (leaves.size() <= 1) return;
    const std::size_t k = split(leaves.size());
    const bool left = index < k;
    add_path(path, left ? leaves.first(k) : leaves.subspan(k), left ? index : index - k);
    path.push_back(root_of(left ? leaves.subspan(k) : leaves.first(k)));
}

/// Folds a path onto a leaf; false when the path has the wrong length.
bool fold(Digest& at, std::size_t index, std::size_t size, Leaves path) {
    if (size == 1) return path.empty();
    if (path.empty()) return false;
    const std::size_t k = split(size);
    const bool left = index < k;
    if (!fold(at, left ? index : index - k, left ? k : size - k, path.first(path.size() - 1)))
        return false;
    at = left ? merkle_node(at, path.back()) : merkle_node(path.back(), at);
    return true;
}
}  // namespace

Digest merkle_leaf(Bytes bytes) {
    std::vector<std::uint8_t> message{0x00};
    message.insert(message.end(), bytes.begin(), bytes.end());
    return sha256(message);
}

Digest merkle_node(const Digest& left, const Digest& right) {
    std::array<std::uint8_t, 65> message{0x01};
    std::copy(left.begin(), left.end(), message.begin() + 1);
    std::copy(right.begin(), right.end(), message.begin() + 33);
    return sha256(message);
}

MerkleTree::MerkleTree(std::vector<Digest> leaves) : leaves_(std::move(leaves)) {}

Digest MerkleTree::root() const {
    return root_of(leaves_);
}

std::vector<Digest> MerkleTree::proof(std::size_t index) const {
    if (index >= leaves_.size())
        throw ShapeError("leaf " + std::to_string(index) + " of a tree of " +
                         std::to_string(leaves_.size()));
    std::vector<Digest> path;
    add_path(path, leaves_, index);
    return path;
}

bool is_included(const Digest& leaf, std::size_t index, std::size_t size,
                 std::span<const Digest> proof, const Digest& root) {
    if (index >= size) return false;
    Digest at = leaf;
    return fold(at, index, size, proof) && at == root;
}

}  // namespace gridflock::inline v0::asset
