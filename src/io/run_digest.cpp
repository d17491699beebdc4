// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/run_digest.hpp>

#include <gridflock/asset/crypto.hpp>
#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/io/results_file.hpp>
#include <gridflock/io/results_reader.hpp>
#include <gridflock/version.hpp>

#include <filesystem>

namespace gridflock::inline v0::io {

std::string run_digest(const sim::Plan& plan,
                       const std::vector<std::pair<std::string, std::string>>& attributes) {
    // Each text with its length, so that no two lists of texts are one.
    std::string all;
    const auto add = [&all](const std::string& text) {
        all += std::to_string(text.size()) + ":" + text;
    };
    add(std::string(version_string));
    add(asset::hex(plan.digest));
    add(plan.base.text);
    for (const auto& [name, value] : attributes) {
        add(name);
        add(value);
    }
    return sha256_hex(all);
}

bool is_complete(const std::string& path, const std::string& run_digest) {
    try {
        // All segments but the last are complete as soon as the next one has begun.
        for (std::uint32_t i = 0; std::filesystem::exists(segment_path(path, i)); ++i) {
            const ResultsReader file(segment_path(path, i));
            if (file.status() != "complete" || file.text_attribute("run_digest") != run_digest)
                return false;
            const bool is_alone = file.number_attribute("segment", -1) < 0;
            if (is_alone || file.number_attribute("segments", 0) == i + 1) return true;
        }
    } catch (const IoError&) {
        return false;
    }
    return false;
}

}  // namespace gridflock::inline v0::io
