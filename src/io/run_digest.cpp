// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/run_digest.hpp>

#include <gridflock/asset/crypto.hpp>
#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/io/results_file.hpp>
#include <gridflock/io/results_reader.hpp>
#include <gridflock/io/scenario_file.hpp>
#include <gridflock/scenario/access.hpp>
#include <gridflock/version.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>

namespace gridflock::inline v0::io {

namespace {

/// Every key of a tree with its value as text.
void flatten(const scenario::Value& v, const std::string& path,
             std::map<std::string, std::string>& out) {
    if (v.is_table() && !v.table().empty()) {
        for (const auto& [key, x] : v.table())
            flatten(x, path.empty() ? key : path + "." + key, out);
    } else if (v.is_array() && !v.array().empty() && v.array().front().is_table()) {
        for (std::size_t i = 0; i < v.array().size(); ++i)
            flatten(v.array()[i], fmt::format("{}[{}]", path, i), out);
    } else {
        out[path] = scenario::to_text(v);
    }
}

/// The first key in which two scenarios differ.
std::string first_difference(const std::string& there, const std::string& here) {
    std::map<std::string, std::string> was, is;
    flatten(scenario::write_tree(read_scenario(there)), "", was);
    flatten(scenario::write_tree(read_scenario(here)), "", is);
    const auto value = [](const auto& of, const std::string& key) {
        const auto at = of.find(key);
        return at == of.end() ? std::string("not given") : at->second;
    };
    std::set<std::string> keys;
    for (const auto& entry : was) keys.insert(entry.first);
    for (const auto& entry : is) keys.insert(entry.first);
    for (const std::string& key : keys) {
        const std::string a = value(was, key), b = value(is, key);
        // shapes may be written out, or come from their file
        if (a == b || (key.starts_with("shapes.") && (!was.contains(key) || !is.contains(key))))
            continue;
        return fmt::format("{} was {}, it is {} now", key, a, b);
    }
    return "its scenario is written otherwise, though no key differs (another comment, --set or "
           "--seed)";
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
