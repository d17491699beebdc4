// SPDX-License-Identifier: Apache-2.0
// Merkle trees over batches: one root stands for all of them, and a short path proves that one of
// them is under it.
//
//   leaf = SHA-256(0x00 | bytes),  node = SHA-256(0x01 | left | right),  no leaves: SHA-256 of
//   nothing; n > 1 leaves are split at the largest power of two below n.
//
// Source  RFC 6962, 2.1 (hashes), 2.1.1 (audit paths).
#pragma once

#include <gridflock/asset/crypto.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace gridflock::inline v0::asset {

Digest merkle_leaf(Bytes bytes);
Digest merkle_node(const Digest& left, const Digest& right);

class MerkleTree {
public:
    /// Takes leaf hashes (merkle_leaf), in order.
    explicit MerkleTree(std::vector<Digest> leaves);

    std::size_t size() const { return leaves_.size(); }
    Digest root() const;
    /// The path from leaf `index` to the root, lowest sibling first.
    /// Errors  ShapeError when there is no such leaf.
    std::vector<Digest> proof(std::size_t index) const;

private:
    std::vector<Digest> leaves_;
};

/// True when `proof` leads from the leaf at `index` of `size` to `root`.
bool is_included(const Digest& leaf, std::size_t index, std::size_t size,
                 std::span<const Digest> proof, const Digest& root);

}  // namespace gridflock::inline v0::asset
