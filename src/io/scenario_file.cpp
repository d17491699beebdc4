// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/scenario_file.hpp>

#include "io/file_text.hpp"
#include "io/inputs.hpp"

#include <filesystem>

namespace gridflock::inline v0::io {

using scenario::Scenario;
using scenario::Table;
using scenario::Value;

namespace {

void mark_line(Value& v, int line) {
    v.line = line;
    if (v.is_array())
        for (Value& x : v.array()) mark_line(x, line);
    if (v.is_table())
        for (auto& entry : v.table()) mark_line(entry.second, line);
}

/// `--set path=value`, put into the tree before it is read, so that presets and checks see it.
void apply_overrides(Value& tree, const LoadOptions& options, std::vector<Fault>& faults) {
    for (const auto& [path, text] : options.overrides) {
        Value v = scenario::parse_value(text);
        mark_line(v, -1);
        if (!scenario::put_path(tree, path, v))
            faults.push_back({{"--set", 0, path},
                              scenario::to_text(v),
                              "leads to no key",
                              "write it like comms.loss=0.1 or fleet.batteries.power_kw=4"});
    }
}

/// Figures of the preset come first, the scenario's own keys over them.
void apply_preset(Value& tree, Scenario& s, const Search& search, std::vector<Fault>& faults) {
    Value* comms = tree.find("comms");
    const Value* name = comms ? comms->find("preset") : nullptr;
    if (!name || !name->is_text() || name->text().empty()) return;
    const std::string file = search.find("comms", name->text() + ".toml");
    if (file.empty()) {
        const std::string known = suggest(name->text(), search.names("comms", ".toml"));
        faults.push_back(
            {{name->line < 0 ? "--set" : s.file, name->line < 0 ? 0 : name->line, "comms.preset"},
             scenario::to_text(*name),
             "is no preset",
             known});
        return;
    }
    const Value preset = parse_toml(read_file(file), file, faults);
    s.input_files["comms.preset"] = file;
    Scenario figures;
    Value below = Table{};
    below.put("format", 1);
    below.put("comms", preset);
    scenario::read_tree(figures, below, file, faults);
    for (const auto& [path, place] : figures.places) s.places[path] = place;
    s.comms = figures.comms;
}

}  // namespace

Scenario parse_scenario(const std::string& text, const std::string& base_dir,
                        const LoadOptions& options, const std::string& name) {
    std::vector<Fault> faults;
    Scenario s;
    s.file = name;
    s.base_dir = base_dir;
    s.text = text;
    Value tree = parse_toml(text, name, faults);
    if (!faults.empty()) throw ScenarioError(std::move(faults));
    const Search search(base_dir, options.data_dirs);
    apply_overrides(tree, options, faults);
    apply_preset(tree, s, search, faults);
    scenario::read_tree(s, tree, name, faults);
    if (options.open_inputs) open_all(s, search, faults);
    for (Fault& f : scenario::validate(s)) faults.push_back(std::move(f));
    if (!faults.empty()) throw ScenarioError(in_order(std::move(faults), name));
    return s;
}

Scenario load_scenario(const std::string& path, const LoadOptions& options) {
    const std::string text = read_file(path);
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    return parse_scenario(text, parent.empty() ? "." : parent.string(), options, path);
}

Scenario read_scenario(const std::string& text) {
    std::vector<Fault> faults;
    const Value tree = parse_toml(text, "", faults);
    Scenario s;
    s.text = text;
    if (faults.empty()) scenario::read_tree(s, tree, "", faults);
    if (!faults.empty()) throw ScenarioError(std::move(faults));
    return s;
}

std::string write_scenario(const Scenario& s) {
    return write_toml(scenario::write_tree(s));
}

void open_inputs(Scenario& s, const std::vector<std::string>& data_dirs) {
    std::vector<Fault> faults;
    open_all(s, Search(s.base_dir.empty() ? "." : s.base_dir, data_dirs), faults);
    if (!faults.empty()) throw ScenarioError(std::move(faults));
}

}  // namespace gridflock::inline v0::io
