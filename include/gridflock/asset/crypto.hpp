// SPDX-License-Identifier: Apache-2.0
// Keys, signatures and hashes that somebody may attack (StateHash in core is for our own tests
// only).
//
// A device's key pair is a function of (seed, device, key epoch) alone: every world and every
// variant meets the same keys, and adding a device leaves the others' keys alone.
//
// Source  RFC 8032 (Ed25519), FIPS 180-4 (SHA-256); both by libsodium, which refuses S >= L and
// keys
//         of small order.
#pragma once

#include <gridflock/core/index.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>

namespace gridflock::inline v0::asset {

using Bytes = std::span<const std::uint8_t>;
using Digest = std::array<std::uint8_t, 32>;

struct PublicKey {
    std::array<std::uint8_t, 32> bytes{};
    auto operator<=>(const PublicKey&) const = default;
};

struct Signature {
    std::array<std::uint8_t, 64> bytes{};
    auto operator<=>(const Signature&) const = default;
};

/// An Ed25519 secret with its public half.
class SecretKey {
public:
    const PublicKey& public_key() const { return public_key_; }

private:
    std::array<std::uint8_t, 64> bytes_{};
    PublicKey public_key_;
    friend SecretKey key_from_seed(const std::array<std::uint8_t, 32>& seed);
    friend Signature sign_ed25519(const SecretKey& key, Bytes message);
};

/// How signatures are made in a run.
///   real      Ed25519
///   modelled  SHA-256 over the signer's public key and the message, twice: about 50 times cheaper,
///   of
///             no worth as cryptography, and with the same verdicts: a changed byte or another
///             signer's key is refused
enum class SignatureScheme : std::uint8_t { real = 0, modelled = 1 };

Digest sha256(Bytes message);
std::string hex(Bytes bytes);  ///< lower case, two digits a byte

/// Key pair of a 32-byte seed (RFC 8032, 5.1.5).
SecretKey key_from_seed(const std::array<std::uint8_t, 32>& seed);
/// Key pair of a device: seed bytes are the Philox block (seed, world 0; device, Purpose::keys,
/// epoch).
SecretKey device_key(std::uint64_t seed, StableId device, std::uint32_t epoch = 0);

Signature sign(const SecretKey& key, Bytes message, SignatureScheme scheme = SignatureScheme::real);
bool verify(const PublicKey& key, Bytes message, const Signature& signature,
            SignatureScheme scheme = SignatureScheme::real);

/// "did:vpp:" and the base58 form of the first 20 bytes of the key's SHA-256.
std::string did(const PublicKey& key);
/// Base58 in Bitcoin's alphabet. Source  draft-msporny-base58-03.
std::string base58(Bytes bytes);

}  // namespace gridflock::inline v0::asset
