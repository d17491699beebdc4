// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/crypto.hpp>
#include <gridflock/asset/merkle.hpp>
#include <gridflock/core/error.hpp>

#include <test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace gridflock;
using namespace gridflock::asset;

namespace {
std::vector<std::uint8_t> from_hex(std::string_view text) {
    std::vector<std::uint8_t> out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        out.push_back(
            static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return out;
}
std::array<std::uint8_t, 32> seed_of(std::string_view text) {
    std::array<std::uint8_t, 32> out{};
    const auto bytes = from_hex(text);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}
Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::vector<Digest> leaves_of(const std::vector<std::string_view>& inputs) {
    std::vector<Digest> out;
    for (const auto in : inputs) out.push_back(merkle_leaf(from_hex(in)));
    return out;
}
}  // namespace

TEST_CASE("keys: Ed25519 gives the key and the signature of RFC 8032, test 1") {
    // SOURCE RFC 8032, 7.1, TEST 1 (empty message)
    const SecretKey key =
        key_from_seed(seed_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    CHECK(hex(key.public_key().bytes) ==
          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    const Signature s = sign(key, {});
    CHECK(hex(s.bytes) ==
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
          "1cf9"
          "b46bd25bf5f0595bbe24655141438e7a100b");
    CHECK(verify(key.public_key(), {}, s));
    CHECK_FALSE(verify(key.public_key(), bytes_of("x"), s));
}

TEST_CASE("keys: a signature with S + L is refused, so no batch has two valid signatures") {
    // SOURCE RFC 8032, 5.1.7: S must be below L; L little endian from 5.1
    const SecretKey key = key_from_seed({});
    Signature s = sign(key, bytes_of("read"));
    const auto order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += s.bytes[32 + i] + order[i];
        s.bytes[32 + i] = static_cast<std::uint8_t>(carry);
        carry >>= 8;
    }
    CHECK_FALSE(verify(key.public_key(), bytes_of("read"), s));
}

TEST_CASE("keys: a public key of small order verifies nothing") {
    PublicKey identity;  // the neutral point encodes as 1
    identity.bytes[0] = 1;
    Signature s;
    s.bytes[0] = 1;
    CHECK_FALSE(verify(identity, bytes_of("anything"), s));
}

TEST_CASE("keys: a device's key follows from seed, device and epoch alone") {
    // SOURCE Philox block (seed 42, world 0; draw 0, step epoch, purpose 10, id of the path)
    // computed in Python, its public key by `openssl pkey` (OpenSSL 3)
    const StableId device = stable_id("devices/battery-7");
    CHECK(hex(device_key(42, device).public_key().bytes) ==
          "16b8d6ebee06f1c29ad797579bcb3e595d431d644250f83608b15cf82482af31");
    CHECK(hex(device_key(42, device, 1).public_key().bytes) ==
          "012b979e2cf71321aea2bcd8163cb2c643732f88e4d1c2056ea1d9b24a5d099f");
    CHECK(did(device_key(42, device).public_key()) == "did:vpp:4Tq9C5pvinjxSywoGbodeEzvgyK5");
    CHECK(device_key(43, device).public_key() != device_key(42, device).public_key());
}

TEST_CASE("keys: modelled signatures accept and refuse what real ones do") {
    const SecretKey a = device_key(1, stable_id("a")), b = device_key(1, stable_id("b"));
    for (const SignatureScheme scheme : {SignatureScheme::real, SignatureScheme::modelled}) {
        const Signature s = sign(a, bytes_of("energy 100"), scheme);
        CHECK(verify(a.public_key(), bytes_of("energy 100"), s, scheme));
        CHECK_FALSE(verify(a.public_key(), bytes_of("energy 101"), s, scheme));
        CHECK_FALSE(verify(b.public_key(), bytes_of("energy 100"), s, scheme));
        Signature bent = s;
        bent.bytes[63] ^= 1;
        CHECK_FALSE(verify(a.public_key(), bytes_of("energy 100"), bent, scheme));
        CHECK(sign(a, bytes_of("energy 100"), scheme) == s);
    }
}

TEST_CASE("hashes: SHA-256 and base58 give their published examples") {
    // SOURCE FIPS 180-4 example "abc"; draft-msporny-base58-03 "Hello World!"; leading zeros by
    // its 2.1
    CHECK(hex(sha256(bytes_of("abc"))) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(base58(bytes_of("Hello World!")) == "2NEpo7TZRRrLZSi2U");
    CHECK(base58(from_hex("0000287fb4cd")) == "11233QC4");
}

TEST_CASE("merkle: the empty tree, one empty leaf and the leaves a, b, c have the known roots") {
    // SOURCE RFC 6962, 2.1; a, b, c computed with Python's hashlib
    CHECK(hex(MerkleTree({}).root()) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(merkle_leaf({})) ==
          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    CHECK(hex(MerkleTree({merkle_leaf(bytes_of("a")), merkle_leaf(bytes_of("b")),
                          merkle_leaf(bytes_of("c"))})
                  .root()) == "36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1");
}

TEST_CASE("merkle: the trees of the certificate transparency reference data have its roots") {
    // SOURCE github.com/google/certificate-transparency merkletree tests; recomputed with hashlib
    const auto leaves = leaves_of({"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                   "606162636465666768696a6b6c6d6e6f"});
    const auto root = [&](std::ptrdiff_t n) {
        return hex(MerkleTree({leaves.begin(), leaves.begin() + n}).root());
    };
    CHECK(root(2) == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
    CHECK(root(3) == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    CHECK(root(5) == "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4");
    CHECK(root(8) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST_CASE("merkle: every leaf of every small tree is proven by at most ceil(log2 n) hashes") {
    std::vector<Digest> leaves;
    for (std::size_t n = 1; n <= 33; ++n) {
        leaves.push_back(sha256(bytes_of("leaf " + std::to_string(n))));
        const MerkleTree tree(leaves);
        std::size_t height = 0;
        while ((std::size_t{1} << height) < n) ++height;
        for (std::size_t i = 0; i < n; ++i) {
            auto path = tree.proof(i);
            REQUIRE(path.size() <= height);
            REQUIRE(is_included(leaves[i], i, n, path, tree.root()));
            REQUIRE_FALSE(is_included(sha256(bytes_of("other")), i, n, path, tree.root()));
            if (n > 1) REQUIRE_FALSE(is_included(leaves[i], (i + 1) % n, n, path, tree.root()));
            path.push_back({});
            REQUIRE_FALSE(is_included(leaves[i], i, n, path, tree.root()));
        }
        CHECK_THROWS_AS(tree.proof(n), ShapeError);
        CHECK_FALSE(is_included(leaves[0], n, n, {}, tree.root()));
    }
}
