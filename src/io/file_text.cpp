// SPDX-License-Identifier: Apache-2.0
#include "io/file_text.hpp"

#include <gridflock/core/error.hpp>

#include <libdeflate.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace gridflock::inline v0::io {

namespace {

std::string unpack(const std::string& packed, const std::string& path) {
    constexpr std::size_t largest = std::size_t{1} << 30;
    if (packed.size() < 18) throw IoError(path, "is a gzip file cut short");
    std::size_t size = 0;  // the last four bytes hold the size before packing
    for (std::size_t i = 0; i < 4; ++i)
        size |= std::size_t{static_cast<unsigned char>(packed[packed.size() - 4 + i])} << (8 * i);
    if (size > largest) throw IoError(path, "is larger than 1 GiB when unpacked");
    const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> engine{
        libdeflate_alloc_decompressor(), &libdeflate_free_decompressor};
    std::string text(size, '\0');
    std::size_t got = 0;
    if (!engine || libdeflate_gzip_decompress(engine.get(), packed.data(), packed.size(),
                                              text.data(), size, &got) != LIBDEFLATE_SUCCESS)
        throw IoError(path, "is damaged: gzip cannot unpack it");
    text.resize(got);
    return text;
}

}  // namespace

std::string read_file(const std::string& path) {
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure)) throw IoError(path, "is a directory");
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) throw IoError(path, errno ? std::strerror(errno) : "cannot be opened");
    std::ostringstream text;
    text << in.rdbuf();
    if (in.bad()) throw IoError(path, "cannot be read");
    std::string bytes = text.str();
    const bool is_gzip = bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
    return is_gzip ? unpack(bytes, path) : bytes;
}

}  // namespace gridflock::inline v0::io
