// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/results_file.hpp>

#include <sodium.h>

#include <array>

namespace gridflock::inline v0::io {

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size());
    std::string hex(2 * digest.size() + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
    hex.pop_back();
    return hex;
}

}  // namespace gridflock::inline v0::io
