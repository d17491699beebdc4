// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/crypto.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/core/random.hpp>

#include <sodium.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::asset {

namespace {
void require_sodium() {
    if (sodium_init() < 0) throw Error("libsodium could not be initialised");
}

Signature model_of_signature(const PublicKey& key, Bytes message) {
    Signature out;
    crypto_hash_sha256_state state;
    for (std::uint8_t half = 0; half < 2; ++half) {
        crypto_hash_sha256_init(&state);
        crypto_hash_sha256_update(&state, &half, 1);
        crypto_hash_sha256_update(&state, key.bytes.data(), key.bytes.size());
        crypto_hash_sha256_update(&state, message.data(), message.size());
        crypto_hash_sha256_final(&state, out.bytes.data() + 32 * half);
    }
    return out;
}
}  // namespace

Digest sha256(Bytes message) {
    Digest out;
    crypto_hash_sha256(out.data(), message.data(), message.size());
    return out;
}

std::string hex(Bytes bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const std::uint8_t b : bytes) {
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

SecretKey key_from_seed(const std::array<std::uint8_t, 32>& seed) {
    require_sodium();
    SecretKey key;
    crypto_sign_seed_keypair(key.public_key_.bytes.data(), key.bytes_.data(), seed.data());
    return key;
}

SecretKey device_key(std::uint64_t seed, StableId device, std::uint32_t epoch) {
    const Block4 block = draw_block({seed, 0}, device, Purpose::keys, epoch);
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(block[i / 8] >> (8 * (i % 8)));
    return key_from_seed(bytes);
}

Signature sign_ed25519(const SecretKey& key, Bytes message) {
    require_sodium();
    Signature out;
    crypto_sign_detached(out.bytes.data(), nullptr, message.data(), message.size(),
                         key.bytes_.data());
    return out;
}

Signature sign(const SecretKey& key, Bytes message, SignatureScheme scheme) {
    if (scheme == SignatureScheme::modelled) return model_of_signature(key.public_key(), message);
    return sign_ed25519(key, message);
}

bool verify(const PublicKey& key, Bytes message, const Signature& signature,
            SignatureScheme scheme) {
    if (scheme == SignatureScheme::modelled) return model_of_signature(key, message) == signature;
    require_sodium();
    return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                       key.bytes.data()) == 0;
}

std::string base58(Bytes bytes) {
    constexpr std::string_view alphabet =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    std::vector<std::uint32_t> digits;  // base 58, least significant first
    for (const std::uint8_t b : bytes) {
        std::uint32_t carry = b;
        for (std::uint32_t& d : digits) {
            carry += d << 8;
            d = carry % 58;
            carry /= 58;
        }
        for (; carry > 0; carry /= 58) digits.push_back(carry % 58);
    }
    std::string out;
    for (std::size_t i = 0; i < bytes.size() && bytes[i] == 0; ++i) out += '1';
    for (auto d = digits.rbegin(); d != digits.rend(); ++d) out += alphabet[*d];
    return out;
}

std::string did(const PublicKey& key) {
    const Digest digest = sha256(key.bytes);
    return "did:vpp:" + base58(Bytes(digest).first(20));
}

}  // namespace gridflock::inline v0::asset
