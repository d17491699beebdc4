// SPDX-License-Identifier: Apache-2.0
#include "io/inputs.hpp"

#include <gridflock/io/scenario_file.hpp>
#include <gridflock/io/weather_file.hpp>

#include "io/file_text.hpp"

#if __has_include(<gridflock/dss/interpret.hpp>)
#include <gridflock/dss/interpret.hpp>
#endif

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

namespace gridflock::inline v0::io {

namespace fs = std::filesystem;
using scenario::Scenario;
using scenario::Value;

std::vector<std::string> data_directories() {
    std::vector<std::string> out;
    Dl_info where{};
    if (dladdr(reinterpret_cast<const void*>(&data_directories), &where) == 0 || !where.dli_fname)
        return out;
    std::error_code failure;
    fs::path at = fs::weakly_canonical(where.dli_fname, failure).parent_path();
    for (int level = 0; level < 5 && !at.empty(); ++level, at = at.parent_path())
        for (const char* name : {"share/gridflock/scenarios", "gridflock/scenarios", "scenarios"})
            if (fs::is_directory(at / name / "markets", failure))
                out.push_back((at / name).string());
    return out;
}

Search::Search(std::string base_dir, std::vector<std::string> data_dirs)
    : base_dir_(std::move(base_dir)), data_dirs_(std::move(data_dirs)) {
    std::error_code failure;
    fs::path at = fs::weakly_canonical(base_dir_, failure);
    for (int level = 0; level < 3; ++level, at = at.parent_path())
        if (fs::is_directory(at / "markets", failure)) data_dirs_.push_back(at.string());
    for (std::string& d : data_directories())
        if (std::find(data_dirs_.begin(), data_dirs_.end(), d) == data_dirs_.end())
            data_dirs_.push_back(std::move(d));
}

std::string Search::find(const std::string& kind, const std::string& name) const {
    std::error_code failure;
    // a region, preset or shape is a name, not a path: only its own folder counts
    const bool is_name = fs::path(name).parent_path().empty() &&
                         (kind == "markets" || kind == "comms" || kind == "shapes");
    std::vector<fs::path> candidates{is_name ? fs::path(base_dir_) / kind / name
                                             : fs::path(base_dir_) / name};
    for (const std::string& d : data_dirs_) candidates.push_back(fs::path(d) / kind / name);
    for (const fs::path& p : candidates)
        if (fs::is_regular_file(p, failure)) return p.lexically_normal().string();
    return "";
}

std::vector<std::string> Search::names(const std::string& kind, const std::string& ending) const {
    std::set<std::string> out;
    std::vector<fs::path> folders{fs::path(base_dir_) / kind};
    for (const std::string& d : data_dirs_) folders.push_back(fs::path(d) / kind);
    std::error_code failure;
    for (const fs::path& folder : folders)
        for (const auto& entry : fs::directory_iterator(folder, failure))
            if (entry.path().extension() == ending) out.insert(entry.path().stem().string());
    return {out.begin(), out.end()};
}

std::vector<std::string> Search::beside(const std::string& name) const {
    const fs::path parent = fs::path(name).parent_path();
    std::set<std::string> out;
    std::vector<fs::path> folders{fs::path(base_dir_) / parent};
    for (const std::string& d : data_dirs_)
        for (const char* kind : {"feeders", "weather", "markets"})
            folders.push_back(fs::path(d) / kind / parent);
    std::error_code failure;
    for (const fs::path& folder : folders)
        for (const auto& entry : fs::directory_iterator(folder, failure))
            if (entry.is_regular_file(failure))
                out.insert((parent / entry.path().filename()).string());
    return {out.begin(), out.end()};
}

std::string Search::places() const {
    std::string s = base_dir_;
    for (const std::string& d : data_dirs_) s += ", " + d;
    return s;
}

namespace {

struct Opener {
    Scenario& s;
    const Search& search;
    std::vector<Fault>& faults;

    /// The file, or a fault at the key that names it.
    std::string file_of(const std::string& key, const std::string& kind,
                        const std::string& name) const {
        std::string path = search.find(kind, name);
        if (path.empty()) {
            const std::string near = nearest(name, search.beside(name));
            faults.push_back(
                {s.place_of(key), scenario::to_text(Value(name)), "there is no such file",
                 near.empty() ? "looked in " + search.places() : "did you mean '" + near + "'?"});
        } else {
            s.input_files[key] = path;
        }
        return path;
    }

    /// Drops the files of a section as it was before.
    void forget(const std::string& section) const {
        std::erase_if(s.input_files, [&](const auto& f) { return f.first.starts_with(section); });
    }

    template <class Work>
    void guarded(const std::string& key, const std::string& found, Work work) const {
        try {
            work();
        } catch (const ScenarioError& e) {
            faults.insert(faults.end(), e.faults().begin(), e.faults().end());
        } catch (const Error& e) {
            faults.push_back({s.place_of(key), scenario::to_text(Value(found)), e.what(), ""});
        }
    }

    void circuit() const {
        s.circuit.reset();
        forget("feeder.");
        if (s.feeder.file.empty()) return;
        const std::string path = file_of("feeder.file", "feeders", s.feeder.file);
        if (path.empty()) return;
#if __has_include(<gridflock/dss/interpret.hpp>)
        guarded("feeder.file", s.feeder.file, [&] {
            dss::InterpretOptions options;
            options.controls = s.feeder.controls;
            dss::Interpretation result = dss::interpret(path, options);
            s.warnings.insert(s.warnings.end(), result.warnings.begin(), result.warnings.end());
            s.circuit = std::make_shared<const grid::Circuit>(std::move(result.circuit));
            add_feeder_files(path, result.files);
        });
#endif
    }

    /// The files that the script reads besides itself, named from its folder.
    void add_feeder_files(const fs::path& script, const std::vector<fs::path>& read) const {
        const fs::path main = fs::absolute(script).lexically_normal();
        for (const fs::path& file : read) {
            const fs::path at = fs::absolute(file).lexically_normal();
            if (at == main) continue;
            const std::string name = at.lexically_relative(main.parent_path()).generic_string();
            s.input_files["feeder.file:" + name] = at.string();
        }
    }

    void weather() const {
        s.weather_table.reset();
        forget("weather.");
        if (s.weather.file.empty()) return;
        const std::string path = file_of("weather.file", "weather", s.weather.file);
        if (path.empty()) return;
        guarded("weather.file", s.weather.file, [&] {
            s.weather_table = std::make_shared<const scenario::WeatherTable>(read_tmy3(path));
        });
    }

    void market() const {
        s.market.rules.reset();
        forget("market.");
        const bool is_region = s.market.file.empty();
        if (is_region && s.market.region.empty()) return;
        const std::string key = is_region ? "market.region" : "market.file";
        std::string path;
        if (is_region) {
            path = search.find("markets", s.market.region + ".toml");
            if (path.empty())
                faults.push_back({s.place_of(key), scenario::to_text(Value(s.market.region)),
                                  "is no region",
                                  suggest(s.market.region, search.names("markets", ".toml"))});
            else
                s.input_files[key] = path;
        } else {
            path = file_of(key, "", s.market.file);
        }
        if (path.empty()) return;
        guarded(key, is_region ? s.market.region : s.market.file, [&] {
            std::vector<Fault> found;
            const Value tree = parse_toml(read_file(path), path, found);
            if (found.empty()) s.market.rules = scenario::read_market_rules(tree, path, found);
            if (!found.empty()) {
                s.market.rules.reset();
                throw ScenarioError(std::move(found));
            }
        });
    }

    /// Shapes that the scenario uses without giving them come from shapes/<name>.toml.
    void shapes() const {
        std::vector<std::pair<std::string, std::string>> used;
        used.emplace_back("feeder.background.shape", s.feeder.background.shape);
        for (std::size_t i = 0; i < s.fleet.size(); ++i)
            if (s.fleet[i].device == "load")
                used.emplace_back("fleet[" + std::to_string(i) + "].profile.shape",
                                  s.fleet[i].profile.shape);
        for (const auto& each : used) {
            const std::string &key = each.first, &name = each.second;
            if (name.empty() || s.shapes.contains(name)) continue;
            const std::string path = search.find("shapes", name + ".toml");
            if (path.empty()) continue;  // validate() says so
            guarded(key, name, [&] { read_shape(name, path); });
            s.input_files["shapes." + name] = path;
        }
    }

    void read_shape(const std::string& name, const std::string& path) const {
        std::vector<Fault> found;
        const Value tree = parse_toml(read_file(path), path, found);
        const Value* values = tree.find("values");
        if (found.empty() && (!values || !values->is_array()))
            found.push_back(
                {{path, 1, "values"}, "", "is missing", "write values = [0.4, 0.5, ...]"});
        if (!found.empty()) throw ScenarioError(std::move(found));
        Scenario reader;
        Value below = scenario::Table{}, shapes = scenario::Table{};
        shapes.put(name, *values);
        below.put("format", 1);
        below.put("shapes", shapes);
        scenario::read_tree(reader, below, path, found);
        if (!found.empty()) throw ScenarioError(std::move(found));
        s.shapes[name] = reader.shapes[name];
    }
};

}  // namespace

void open_all(Scenario& s, const Search& search, std::vector<Fault>& faults) {
    const Opener open{s, search, faults};
    open.circuit();
    open.weather();
    open.market();
    open.shapes();
}

std::vector<Fault> in_order(std::vector<Fault> faults, const std::string& file) {
    std::stable_sort(faults.begin(), faults.end(), [&](const Fault& a, const Fault& b) {
        const bool other_a = a.at.file != file, other_b = b.at.file != file;
        return std::tie(other_a, a.at.file, a.at.line) < std::tie(other_b, b.at.file, b.at.line);
    });
    std::set<std::string> seen;
    std::vector<Fault> out;
    for (Fault& f : faults)
        if (seen.insert(f.at.path.empty() ? f.text() : f.at.text()).second)
            out.push_back(std::move(f));
    return out;
}

}  // namespace gridflock::inline v0::io
