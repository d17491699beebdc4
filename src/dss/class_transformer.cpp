// SPDX-License-Identifier: Apache-2.0
// transformer and xfmrcode. `wdg` says which winding the next kv, kva, conn, tap, %r and bus mean;
// the plural forms name all windings at once.
#include "transformer_object.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

using O = TransformerObject;

WindingData& winding(O& o) {
    return o.windings[o.active];
}

std::size_t pairs(std::size_t n) {
    return n * (n - 1) / 2;
}

void set_windings(O& o, const Value& v, Session& s) {
    const int n = s.integer(v);
    o.windings.assign(static_cast<std::size_t>(n), WindingData{});
    o.reactance_pu.resize(pairs(o.windings.size()), 0.30);
    o.active = 0;
}

void set_active(O& o, const Value& v, Session& s) {
    const int n = s.integer(v);
    if (n >= 1 && static_cast<std::size_t>(n) <= o.windings.size())
        o.active = static_cast<std::size_t>(n - 1);
    else
        s.fault("wdg=" + v.text, "must be one of the windings", "state windings= first");
}

template <double WindingData::*Member, int Percent>
void set_one(O& o, const Value& v, Session& s) {
    winding(o).*Member = s.number(v) / Percent;
}

template <double WindingData::*Member, int Percent>
void set_all(O& o, const Value& v, Session& s) {
    const std::vector<double> values = s.numbers(v, o.windings.size());
    for (std::size_t w = 0; w < values.size(); ++w) o.windings[w].*Member = values[w] / Percent;
}

void set_kva(O& o, const Value& v, Session& s) {
    winding(o).kva = s.number(v);
    if (o.active == 0)
        for (WindingData& w : o.windings) w.kva = o.windings[0].kva;
    else if (o.windings.size() == 2)
        o.windings[0].kva = o.windings[1].kva;
}

void set_resistance(O& o, const Value& v, Session& s) {
    set_one<&WindingData::resistance_pu, 100>(o, v, s);
    o.load_loss_percent = 100 * (o.windings[0].resistance_pu + o.windings[1].resistance_pu);
}

void set_load_loss(O& o, const Value& v, Session& s) {
    o.load_loss_percent = s.number(v);
    o.windings[0].resistance_pu = o.windings[1].resistance_pu = o.load_loss_percent / 200;
}

void require_windings(const O& o, std::size_t words, Session& s) {
    if (words > o.windings.size())
        s.fault(std::to_string(words) + " words",
                "must be " + std::to_string(o.windings.size()) + " at most",
                "state windings= first, and one word for each");
}

void set_connections(O& o, const Value& v, Session& s) {
    const auto words = s.words(v);
    require_windings(o, words.size(), s);
    for (std::size_t w = 0; w < words.size() && w < o.windings.size(); ++w)
        o.windings[w].is_delta = s.is_delta(words[w]);
}

void set_buses(O& o, const Value& v, Session& s) {
    const auto words = s.words(v);
    require_windings(o, words.size(), s);
    for (std::size_t w = 0; w < words.size() && w < o.windings.size(); ++w) o.set_bus(w, words[w]);
}

template <double O::*Member>
void set_reactance(O& o, const Value& v, Session& s) {
    o.*Member = s.number(v) / 100;
    o.is_xhl_changed = true;
}

void set_reactances(O& o, const Value& v, Session& s) {
    const std::vector<double> values = s.numbers(v, o.reactance_pu.size());
    for (std::size_t i = 0; i < values.size(); ++i) o.reactance_pu[i] = values[i] / 100;
}

void set_code(O& o, const Value& v, Session& s) {
    const auto* code = s.require<O>("xfmrcode", v);
    if (!code) return;
    const ElementObject self = o;
    const std::string bank = o.bank;
    o = *code;
    static_cast<ElementObject&>(o) = self;
    o.phases = code->phases;
    o.bank = bank;
    o.active = 0;
}

void finish(O& o, Session&) {
    if (!o.is_xhl_changed) return;
    if (o.windings.size() <= 3) {
        const double given[] = {o.xhl, o.xht, o.xlt};
        for (std::size_t i = 0; i < o.reactance_pu.size(); ++i) o.reactance_pu[i] = given[i];
    }
    o.is_xhl_changed = false;
}

/// `like` leaves these at their defaults, as the format's own reader does.
void after_like(O& self, const O& before) {
    self.antifloat_pu = before.antifloat_pu;
    self.magnetising_percent = before.magnetising_percent;
    self.high_leads_low = before.high_leads_low;
    self.active = 0;
}

double turns_v(const O& o, const WindingData& w) {
    const bool is_line_to_neutral = !w.is_delta && (o.phases == 2 || o.phases == 3);
    return 1000 * w.kv / (is_line_to_neutral ? math::sqrt(3.0) : 1.0);
}

void emit(const O& o, Build& build) {
    grid::Transformer out;
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.bank = o.bank;
    out.reactance_pu = o.reactance_pu;
    out.no_load_loss_pu = o.no_load_loss_percent / 100;
    out.magnetising_pu = o.magnetising_percent / 100;
    out.antifloat_pu = o.antifloat_pu;
    out.high_leads_low = o.high_leads_low;
    out.frequency_ratio = build.ratio(o);
    for (std::size_t i = 0; i < o.windings.size(); ++i) {
        const WindingData& w = o.windings[i];
        grid::Winding winding;
        winding.at = build.connect(o, i, static_cast<std::size_t>(o.phases) + 1);
        winding.is_delta = w.is_delta;
        winding.turns_v = turns_v(o, w);
        winding.rated_va = 1000 * w.kva;
        winding.tap = w.tap;
        winding.tap_min = w.tap_min;
        winding.tap_max = w.tap_max;
        winding.tap_steps = w.tap_steps;
        winding.resistance_pu = w.resistance_pu;
        winding.neutral_r_ohm = w.neutral_r;
        winding.neutral_x_ohm = w.neutral_x;
        out.windings.push_back(std::move(winding));
    }
    build.circuit.transformers.push_back(std::move(out));
}

void set_tap_steps(O& o, const Value& v, Session& s) {
    winding(o).tap_steps = s.integer(v);
}

void set_connection(O& o, const Value& v, Session& s) {
    winding(o).is_delta = s.is_delta(v.text);
}

std::vector<Property<O>> winding_properties(bool has_buses) {
    std::vector<Property<O>> out = {
        {"phases", set_integer<O, &O::phases>}, {"windings", set_windings}, {"wdg", set_active}};
    if (has_buses)
        out.push_back(
            {"bus", [](O& o, const Value& v, Session&) { o.set_bus(o.active, lower(v.text)); }});
    const std::vector<Property<O>> one = {{"conn", set_connection},
                                          {"kv", set_one<&WindingData::kv, 1>},
                                          {"kva", set_kva},
                                          {"tap", set_one<&WindingData::tap, 1>},
                                          {"%r", set_resistance},
                                          {"rneut", set_one<&WindingData::neutral_r, 1>},
                                          {"xneut", set_one<&WindingData::neutral_x, 1>}};
    out.insert(out.end(), one.begin(), one.end());
    if (has_buses) out.push_back({"buses", set_buses});
    const std::vector<Property<O>> all = {{"conns", set_connections},
                                          {"kvs", set_all<&WindingData::kv, 1>},
                                          {"kvas", set_all<&WindingData::kva, 1>},
                                          {"taps", set_all<&WindingData::tap, 1>},
                                          {"xhl", set_reactance<&O::xhl>},
                                          {"xht", set_reactance<&O::xht>},
                                          {"xlt", set_reactance<&O::xlt>},
                                          {"xscarray", set_reactances}};
    out.insert(out.end(), all.begin(), all.end());
    for (const char* name : {"thermal", "n", "m", "flrise", "hsrise"}) out.push_back({name});
    out.push_back({"%loadloss", set_load_loss});
    out.push_back({"%noloadloss", set_number<O, &O::no_load_loss_percent>});
    out.push_back({"normhkva"});
    out.push_back({"emerghkva"});
    return out;
}

std::vector<Property<O>> tail_properties() {
    return {{"%imag", set_number<O, &O::magnetising_percent>},
            {"ppm_antifloat",
             [](O& o, const Value& v, Session& s) { o.antifloat_pu = s.number(v) * 1e-6; }},
            {"%rs", [](O& o, const Value& v, Session& s) {
                 set_all<&WindingData::resistance_pu, 100>(o, v, s);
             }}};
}

const std::vector<Property<O>> tap_range = {{"maxtap", set_one<&WindingData::tap_max, 1>},
                                            {"mintap", set_one<&WindingData::tap_min, 1>},
                                            {"numtaps", set_tap_steps}};

const std::vector<Property<O>> pair_names = {{"x12", set_reactance<&O::xhl>},
                                             {"x13", set_reactance<&O::xht>},
                                             {"x23", set_reactance<&O::xlt>}};

void append(std::vector<Property<O>>& table, const std::vector<Property<O>>& more) {
    table.insert(table.end(), more.begin(), more.end());
}

}  // namespace

std::unique_ptr<ObjectClass> transformer_class() {
    std::vector<Property<O>> table = winding_properties(true);
    append(table, {{"sub"}});
    append(table, tap_range);
    append(table, {{"subname"}});
    append(table, tail_properties());
    append(table, {{"bank", set_word<O, &O::bank>}, {"xfmrcode", set_code}, {"xrconst"}});
    append(table, pair_names);
    append(table, {{"leadlag",
                    [](O& o, const Value& v, Session&) {
                        const std::string w = lower(v.text);
                        o.high_leads_low = w == "lead" || w == "euro";
                    }},
                   {"wdgcurrents"},
                   {"core"},
                   {"rdcohms"},
                   {"seasons"},
                   {"ratings"}});
    return std::make_unique<TableClass<O>>("transformer", with_common(std::move(table), true),
                                           Hooks<O>{finish, emit, after_like});
}

std::unique_ptr<ObjectClass> transformer_code_class() {
    std::vector<Property<O>> table = winding_properties(false);
    append(table, tap_range);
    append(table, tail_properties());
    append(table, pair_names);
    append(table, {{"rdcohms"}, {"seasons"}, {"ratings"}});
    Hooks<O> hooks;
    hooks.finish = finish;
    return std::make_unique<TableClass<O>>("xfmrcode", std::move(table), hooks);
}

}  // namespace gridflock::inline v0::dss
