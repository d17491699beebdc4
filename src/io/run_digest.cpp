// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/run_digest.hpp>

#include <gridflock/asset/crypto.hpp>
#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/io/results_file.hpp>
#include <gridflock/io/results_reader.hpp>
#include <gridflock/version.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

namespace gridflock::inline v0::io {

namespace {

/// The first line in which two texts differ, as it is in each.
std::string first_difference(const std::string& there, const std::string& here) {
    std::istringstream a(there), b(here);
    std::string x, y;
    while (true) {
        const bool has_x = static_cast<bool>(std::getline(a, x));
        const bool has_y = static_cast<bool>(std::getline(b, y));
        if (!has_x) x = "nothing";
        if (!has_y) y = "nothing";
        if (x != y || (!has_x && !has_y))
            return fmt::format("the scenario had \"{}\" where it has \"{}\" now", x, y);
    }
}

std::string what_differs(const ResultsReader& file, const sim::Plan& plan,
                         const Hdf5Options& options) {
    const std::string version = file.text_attribute("library_version");
    if (version != version_string)
        return fmt::format("version {} of the library made it, this is {}", version,
                           version_string);
    std::string text = file.text_attribute("scenario");
    if (text.empty()) text = file.read_input("scenario.toml");  // a long one
    if (text != plan.base.text) return first_difference(text, plan.base.text);
    for (const auto& input : options.inputs) {
        try {
            if (file.read_input(input.name) == input.content) continue;
        } catch (const IoError&) {  // it has none of that name
        }
        return fmt::format("{} is another", input.name);
    }
    return "it had other inputs, variants or worlds";
}

}  // namespace

std::string run_digest(const sim::Plan& plan, const Hdf5Options& options) {
    // Each text with its length, so that no two lists of texts are one.
    std::string all;
    const auto add = [&all](const std::string& text) {
        all += std::to_string(text.size()) + ":" + text;
    };
    add(std::string(version_string));
    add(asset::hex(plan.digest));
    add(plan.base.text);
    for (const auto& [name, value] : options.attributes) {
        add(name);
        add(value);
    }
    for (const auto& input : options.inputs) {
        add(input.name);
        add(input.content);
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

void require_same_run(const std::string& path, const sim::Plan& plan, const Hdf5Options& options) {
    const ResultsReader file(path);
    if (file.text_attribute("run_digest") == run_digest(plan, options)) return;
    throw CheckpointError(fmt::format(
        "{}: is not of the run that is to go on: {}; go on with what it was run with, or remove "
        "{}.checkpoint to start anew",
        path, what_differs(file, plan, options), path));
}

}  // namespace gridflock::inline v0::io
