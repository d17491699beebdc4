// SPDX-License-Identifier: Apache-2.0
#include <gridflock/scenario/access.hpp>

#include "scenario/codec.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace gridflock::inline v0::scenario {

namespace {

/// "fleet[1].soc" and "fleet.1.soc" are the same three steps.
std::vector<std::string> steps(const std::string& path) {
    std::vector<std::string> out;
    std::string step;
    for (const char c : path) {
        if (c == '.' || c == '[' || c == ']') {
            if (!step.empty()) out.push_back(std::move(step));
            step.clear();
        } else {
            step += c;
        }
    }
    if (!step.empty()) out.push_back(std::move(step));
    return out;
}

/// Puts v below tree at the steps, making tables on the way; false where something else stands.
bool put_steps(Value& tree, std::span<const std::string> way, const Value& v) {
    Value* at = &tree;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) {
        if (at->is_array()) {
            at = at_name(*at, way[i]);
            if (!at) return false;
            continue;
        }
        if (at->is_boolean()) *at = Table{{"enabled", *at}};
        if (at->is_text()) *at = Table{{"strategy", *at}};
        if (!at->is_table() && !at->is_none()) return false;
        Value* next = at->find(way[i]);
        at = next ? next : &at->put(way[i], Table{});
    }
    if (at->is_array()) {
        at = at_name(*at, way.back());
        if (!at) return false;
        *at = v;
        return true;
    }
    if (at->is_boolean()) *at = Table{{"enabled", *at}};
    if (at->is_text()) *at = Table{{"strategy", *at}};
    if (!at->is_table() && !at->is_none()) return false;
    at->put(way.back(), v);
    return true;
}

/// Override keys may be dotted paths: {"comms.loss" = 0.1} becomes {comms = {loss = 0.1}}.
Value expand(const Table& overrides) {
    Value tree = Table{};
    for (const auto& [key, v] : overrides) {
        const auto way = steps(key);
        if (way.size() == 1 && v.is_table() && tree.find(way[0]) && tree.find(way[0])->is_table()) {
            for (const auto& [inner, x] : v.table()) tree.find(way[0])->put(inner, x);
        } else if (!way.empty()) {
            put_steps(tree, way, v);
        }
    }
    return tree;
}

/// Then the parameters of the scenario's own strategy mean nothing.
bool names_another_strategy(const Value& overrides, const Scenario& s) {
    const Value* dispatch = overrides.find("dispatch");
    const Value* name = dispatch && dispatch->is_table() ? dispatch->find("strategy") : dispatch;
    return name && name->is_text() && name->text() != s.dispatch.strategy;
}

[[noreturn]] void no_such(const Scenario& s, const std::string& path, const std::string& remedy) {
    throw ScenarioError({{s.place_of(path), "", "there is no such key", remedy}});
}

/// Follows steps inside a value that has no table of fields (a shape, a law, parameters).
Value descend(const Scenario& s, Value v, std::span<const std::string> way,
              const std::string& path) {
    for (const std::string& step : way) {
        Value* next = at_name(v, step);
        if (!next) {
            std::vector<std::string> names;
            if (v.is_table())
                for (const auto& entry : v.table()) names.push_back(entry.first);
            no_such(s, path, names.empty() ? "" : suggest(step, names));
        }
        v = Value(*next);
    }
    return v;
}

Value get_steps(const Scenario& s, const Schema& schema, void* object,
                std::span<const std::string> way, const std::string& path) {
    if (way.empty()) {
        Value v = write_struct(schema, object, true);
        return v.is_none() ? Value(Table{}) : v;
    }
    const Field* f = schema.find(way[0]);
    if (!f) no_such(s, path, suggest(way[0], schema.keys()));
    void* member = f->member(object);
    const auto rest = way.subspan(1);
    if (f->is_section()) return get_steps(s, *f->codec->schema(), member, rest, path);
    if (f->is_list() && !rest.empty()) {
        const Schema& element = *f->codec->schema();
        const int i = find_element(element, *f->codec, member, rest[0]);
        if (i < 0) no_such(s, path, suggest_element(element, *f->codec, member, rest[0]));
        return get_steps(s, element, f->codec->at(member, static_cast<std::size_t>(i)),
                         rest.subspan(1), path);
    }
    return descend(s, f->codec->write(member, *f), rest, path);
}

std::set<std::string> texts(const std::vector<Fault>& faults) {
    std::set<std::string> out;
    for (const Fault& f : faults) out.insert(f.at.path + f.found + f.rule);
    return out;
}

std::vector<Fault> range_faults(const Scenario& s) {
    std::vector<Fault> faults;
    check_struct(
        scenario_fields(), &s, "", [&](const std::string& p) { return s.place_of(p); }, faults);
    return faults;
}

}  // namespace

Value* at_name(Value& v, const std::string& step) {
    if (v.is_table()) return v.find(step);
    if (!v.is_array()) return nullptr;
    std::size_t i = 0;
    const char* end = step.data() + step.size();
    const auto number = std::from_chars(step.data(), end, i);
    if (number.ec == std::errc{} && number.ptr == end)
        return i < v.array().size() ? &v.array()[i] : nullptr;
    for (Value& entry : v.array())
        if (const Value* name = entry.find("name"); name && *name == Value(step)) return &entry;
    return nullptr;
}

bool put_path(Value& tree, const std::string& path, const Value& v) {
    const auto way = steps(path);
    return !way.empty() && put_steps(tree, way, v);
}

Value get(const Scenario& s, const std::string& path) {
    return get_steps(s, scenario_fields(), const_cast<Scenario*>(&s), steps(path), path);
}

namespace {
/// Its figures are not those of the scenario, and no file is opened here.
Fault other_preset(const Place& at, const Value& name) {
    return {at, to_text(name), "a preset is read with its file",
            "set the figures themselves, e.g. comms.latency_median_ms"};
}
}  // namespace

void set(Scenario& s, const std::string& path, const Value& v) {
    if (path == "comms.preset" && v != Value(s.comms.preset))
        throw ScenarioError({other_preset(s.place_of(path), v)});
    Scenario changed = s;
    std::vector<Fault> faults;
    const Reader reader{"", &faults, &changed.places, true};
    Value tree = Table{};
    const auto way = steps(path);
    if (way.empty())
        tree = v;
    else
        put_steps(tree, way, v);
    read_struct(scenario_fields(), &changed, tree, reader, "");
    if (faults.empty()) {
        const auto before = texts(range_faults(s));
        for (Fault& f : range_faults(changed))
            if (!before.contains(f.at.path + f.found + f.rule)) faults.push_back(std::move(f));
    }
    if (!faults.empty()) throw ScenarioError(std::move(faults));
    s = std::move(changed);
}

void read_tree(Scenario& s, const Value& tree, const std::string& file,
               std::vector<Fault>& faults) {
    read_struct(scenario_fields(), &s, tree, {file, &faults, &s.places, false}, "");
}

Value write_tree(const Scenario& s, bool all) {
    Value tree = write_struct(scenario_fields(), &s, all);
    if (!s.comms.preset.empty() && !all)  // a preset hides the defaults: write what holds
        tree.put("comms", write_struct(schema_of<Comms>(), &s.comms, true));
    return tree;
}

MarketRules read_market_rules(const Value& tree, const std::string& file,
                              std::vector<Fault>& faults) {
    MarketRules rules;
    std::map<std::string, Place> places;
    const std::size_t before = faults.size();
    read_struct(market_rules_fields(), &rules, tree, {file, &faults, &places, false}, "");
    if (faults.size() > before) return rules;
    const PlaceOf place_of = [&](const std::string& path) {
        for (std::string p = path; !p.empty(); p.resize(std::min(p.find_last_of(".["), p.size())))
            if (const auto it = places.find(p); it != places.end())
                return Place{it->second.file, it->second.line, path};
            else if (p.find_last_of(".[") == std::string::npos)
                break;
        return Place{file, 0, path};
    };
    check_struct(market_rules_fields(), &rules, "", place_of, faults);
    if (rules.prices.day_ahead.value.size() != rules.product.hours.value.size())
        faults.push_back({place_of("prices.day_ahead.value"),
                          std::to_string(rules.prices.day_ahead.value.size()) + " prices",
                          "must have one price for each of the " +
                              std::to_string(rules.product.hours.value.size()) + " product hours",
                          "see product.hours"});
    if (!(rules.gates.bid < rules.gates.award))
        faults.push_back({place_of("gates.award"), to_text(rules.gates.award),
                          "must be after bids close", "gates.bid is " + to_text(rules.gates.bid)});
    return rules;
}

Scenario apply_variant(const Scenario& s, const std::string& name) {
    const auto v = std::find_if(s.variants.begin(), s.variants.end(),
                                [&](const Variant& x) { return x.name == name; });
    if (v == s.variants.end()) {
        std::vector<std::string> names;
        for (const Variant& x : s.variants) names.push_back(x.name);
        throw ScenarioError({{s.place_of("variants." + name), "", "there is no such variant",
                              names.empty() ? "the scenario has none" : suggest(name, names)}});
    }
    Scenario out = s;
    out.variants.clear();
    std::vector<Fault> faults;
    Value tree = expand(v->overrides);
    // As in a scenario: who names a strategy wants it to act.
    Value* dispatch = tree.find("dispatch");
    if (dispatch && dispatch->is_table() && dispatch->find("strategy") &&
        !dispatch->find("enabled"))
        dispatch->put("enabled", true);
    if (names_another_strategy(tree, s)) out.dispatch.parameters.clear();
    read_struct(scenario_fields(), &out, tree, {s.file, &faults, &out.places, true}, "");
    if (out.comms.preset != s.comms.preset)
        faults.push_back(other_preset(out.place_of("comms.preset"), Value(out.comms.preset)));
    for (Fault& f : faults) f.at.path = "variants." + name + "." + f.at.path;
    if (!faults.empty()) throw ScenarioError(std::move(faults));
    return out;
}

namespace {

void list_fields(const Schema& s, const std::string& path, std::vector<FieldDoc>& out) {
    for (const Field& f : s.fields) {
        FieldDoc d;
        d.path = join_path(path, f.key) + (f.is_list() ? "[]" : "");
        d.type = f.choices.empty() ? f.codec->type : "word";
        d.unit = f.unit;
        d.range = f.is_section() ? "" : to_text(f.range);
        d.doc = f.doc;
        d.choices.assign(f.choices.begin(), f.choices.end());
        d.only = f.only;
        d.required = f.required;
        d.is_section = f.is_section() || f.is_list();
        const Value fallback = f.codec->write(f.member_of(s.defaults()), f);
        if (!d.is_section && !d.required && !fallback.is_none()) d.fallback = to_text(fallback);
        out.push_back(d);
        if (d.is_section) list_fields(*f.codec->schema(), d.path, out);
    }
}

}  // namespace

std::vector<FieldDoc> fields() {
    std::vector<FieldDoc> out;
    list_fields(scenario_fields(), "", out);
    return out;
}

std::vector<FieldDoc> market_fields() {
    std::vector<FieldDoc> out;
    list_fields(market_rules_fields(), "", out);
    return out;
}

}  // namespace gridflock::inline v0::scenario
