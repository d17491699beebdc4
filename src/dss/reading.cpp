// SPDX-License-Identifier: Apache-2.0
// What is ignored and why, class by class, and what a value that is not read does to an answer.
#include <gridflock/dss/reading.hpp>

#include "registry.hpp"

#include <fmt/format.h>

namespace gridflock::inline v0::dss {

namespace {

struct LeftOut {
    std::string_view name;
    bool changes_answer;
    const char* why;
};

constexpr const char* measures = "it measures and changes nothing";
constexpr const char* control = "controls are off";
constexpr const char* protection = "protection does not act in a snapshot";
constexpr const char* curve = "a snapshot has no use for it";
constexpr const char* unmodelled = "its class is not modelled";

constexpr LeftOut left_out[] = {
    {"monitor", false, measures},
    {"sensor", false, measures},
    {"fmonitor", false, measures},
    {"spectrum", false, "harmonics are not solved"},
    {"tcc_curve", false, protection},
    {"fuse", false, protection},
    {"relay", false, protection},
    {"recloser", false, protection},
    {"swtcontrol", false, control},
    {"storagecontroller", false, control},
    {"storagecontroller2", false, control},
    {"gendispatcher", false, control},
    {"invcontrol", false, control},
    {"invcontrol2", false, control},
    {"expcontrol", false, control},
    {"upfccontrol", false, control},
    {"espvlcontrol", false, control},
    {"priceshape", false, curve},
    {"tshape", false, curve},
    {"dynamicexp", false, "dynamics are not solved"},
    {"cnlinedata", true, unmodelled},
    {"pvsystem2", true, unmodelled},
    {"storage2", true, unmodelled},
    {"autotrans", true, unmodelled},
    {"indmach012", true, unmodelled},
    {"upfc", true, unmodelled},
    {"vccs", true, unmodelled},
    {"vsconverter", true, unmodelled},
    {"windgen", true, unmodelled},
    {"generic5", true, unmodelled},
    {"gictransformer", true, unmodelled},
    {"gicline", true, unmodelled},
    {"gicsource", true, unmodelled},
};

const LeftOut* find_left_out(std::string_view name) {
    for (const LeftOut& entry : left_out)
        if (entry.name == name) return &entry;
    return nullptr;
}

std::string quoted_csv(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

}  // namespace

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::approximated:
            return "approximated";
        case Verdict::ignored:
            return "ignored";
        default:
            return "exact";
    }
}

void Reading::note(Verdict v, std::string_view why) {
    if (v > verdict) {
        verdict = v;
        if (v == Verdict::ignored) reason.clear();
    }
    if (v < verdict || reason.find(why) != std::string::npos) return;
    if (!reason.empty()) reason += "; ";
    reason += why;
}

std::string readings_csv(const std::vector<Reading>& readings) {
    std::string out = "element,verdict,reason,file,line\n";
    for (const Reading& r : readings)
        out += fmt::format("{},{},{},{},{}\n", quoted_csv(r.element), name_of(r.verdict),
                           quoted_csv(r.reason), quoted_csv(r.at.file), r.at.line);
    return out;
}

bool is_known_class(std::string_view name) {
    return find_left_out(name) != nullptr;
}

bool is_passive_class(std::string_view name) {
    const LeftOut* entry = find_left_out(name);
    return entry && !entry->changes_answer;
}

std::string why_left_out(std::string_view class_name) {
    const LeftOut* entry = find_left_out(class_name);
    return entry ? entry->why : "there is no such class";
}

void Session::approximated(const Object& o, std::string_view how) {
    if (o.row < rows_.size()) rows_[o.row].note(Verdict::approximated, how);
}

void Session::ignored(const Object& o, std::string_view why) {
    if (o.row < rows_.size()) rows_[o.row].note(Verdict::ignored, why);
}

std::vector<Reading> Session::readings() {
    for (const auto& object : objects_) {
        if (object->class_name == "regcontrol")
            ignored(*object, "controls are off: taps stay as the script leaves them");
        if (object->class_name == "capcontrol")
            ignored(*object, "controls are off: steps stay as the script leaves them");
        if (!object->enabled) ignored(*object, "it is disabled");
    }
    return rows_;
}

void Session::leave_out(const std::string& kind, const std::string& name, Tokens& tokens) {
    is_left_out_ = true;
    Reading row{kind + "." + name, here(), Verdict::exact, ""};
    row.note(Verdict::ignored, why_left_out(kind));
    warn_left_out(kind);
    Parameter p;
    while (tokens.next(p)) {
        const std::string value = lower(p.value);
        const bool is_state = p.name.rfind("state", 0) == 0 || p.name == "action";
        if (!is_state || value.find('o') > 1) continue;  // open, (open ..)
        row.note(Verdict::ignored, "what it holds open stays closed");
        warn_once("open " + kind, "'" + row.element + "'", "what it holds open stays closed",
                  "write: open class.name terminal");
    }
    rows_.push_back(std::move(row));
}

void Session::warn_left_out(const std::string& kind) {
    if (is_passive_class(kind)) return;
    std::vector<std::string> known;
    for (const auto& c : registry_->classes) known.push_back(c->name());
    is_incomplete_ = true;
    if (is_known_class(kind))
        return warn_once("class " + kind, "class '" + kind + "'",
                         "is not modelled: its objects are left out of the circuit",
                         "see the report of elements");
    const std::string near = nearest(kind, known);
    warn_once("class " + kind, "class '" + kind + "'",
              "there is no such class: its objects are left out of the circuit",
              near.empty() ? suggest(kind, known) : "did you mean '" + near + "'?");
}

}  // namespace gridflock::inline v0::dss
