// SPDX-License-Identifier: Apache-2.0
// Rated volts against the volts that are there without load.
//
// A part is what hangs together without a transformer in between. Its members are the ratings
// stated on it: loads, generators, the windings of the transformers it feeds. Where one member
// disagrees with the rest, the member is wrong; where all disagree alike, what feeds the part is:
// the source, or the winding that faces it. A part below a wrong one is judged relative to it, so
// that one slip is told once.
#include "survey.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::ElementKind;
using grid::ElementRef;

constexpr double low_ratio = 0.75, high_ratio = 1 / low_ratio;  // of volts there to volts rated
constexpr double least_ratio = 2e-4;                            // below it nothing is fed
constexpr double alike = 0.12;                                  // two ratios are the same

const double root_3 = math::sqrt(3.0);

bool is_off(double ratio) {
    return ratio > 0 && !(ratio > low_ratio && ratio < high_ratio);
}
bool is_alike(double a, double b) {
    return math::abs(a / b - 1) < alike;
}

/// One rating stated on a part.
struct Member {
    ElementRef element;
    grid::BusIdx bus;
    double there_v = 0, rated_v = 0;
    double kv_factor = 1;  ///< the file's kv over rated_v / 1000
    int winding = -1;      ///< of a transformer
    double ratio() const { return there_v / rated_v; }
};

struct Part {
    std::vector<Member> members;
    grid::BusIdx first;             ///< nearest to the source
    std::int32_t transformer = -1;  ///< that feeds it; -1: a source
    double inherited = 1;           ///< ratio by which all of it is off for a reason told above
};

/// What a ratio between two voltages hints at.
std::string hint(double ratio) {
    struct Known {
        double ratio;
        const char* text;
    };
    const std::array<Known, 8> known{
        {{root_3, "off by sqrt(3): line to line against line to neutral"},
         {1 / root_3, "off by sqrt(3): line to neutral against line to line"},
         {10, "off by 10: the decimal point"},
         {0.1, "off by 10: the decimal point"},
         {100, "off by 100: the decimal point"},
         {0.01, "off by 100: the decimal point"},
         {1000, "off by 1000: kV, not V"},
         {0.001, "off by 1000: kV, not V"}}};
    for (const Known& k : known)
        if (is_alike(ratio, k.ratio)) return k.text;
    return fmt::format("off by a factor of {:.3g}", ratio < 1 ? 1 / ratio : ratio);
}

/// Volts as a person would state them: the base of the bus where it agrees, else what is there.
double nominal(const grid::Bus& bus, double there_v) {
    for (const double factor : {1.0, root_3, 2.0})
        if (bus.base_v > 0 && is_alike(there_v, bus.base_v * factor)) return bus.base_v * factor;
    return there_v;
}

class Voltages {
public:
    Voltages(const Survey& s, std::vector<Fault>& faults)
        : s_(s), faults_(faults), part_of_(s.circuit.buses.size(), -1) {}

    void check() {
        make_parts();
        add_loads();
        add_windings();
        for (Part& part : parts_) judge(part);
        check_bases();
    }

private:
    // --- parts and members ---------------------------------------------------------------------

    void make_parts() {
        for (const grid::Source& source : s_.circuit.sources)
            if (part_of_[source.from.bus.pos()] < 0) begin_part(source.from.bus, -1);
        for (const grid::Branch& b : s_.topology.order) {
            if (b.element.kind == ElementKind::transformer)
                begin_part(b.to, b.element.index);
            else
                part_of_[b.to.pos()] = part_of_[b.from.pos()];
        }
    }
    void begin_part(grid::BusIdx bus, std::int32_t transformer) {
        part_of_[bus.pos()] = static_cast<std::int32_t>(parts_.size());
        parts_.push_back({{}, bus, transformer, 1});
    }
    Part* part(grid::BusIdx bus) {
        const std::int32_t i = part_of_[bus.pos()];
        return i < 0 ? nullptr : &parts_[static_cast<std::size_t>(i)];
    }

    void add(const Member& m) {
        Part* p = part(m.bus);
        if (p && m.there_v > least_ratio * m.rated_v && m.rated_v > 0) p->members.push_back(m);
    }

    void add_loads() {
        const auto table = [&](const auto& all, ElementKind kind) {
            for (std::size_t i = 0; i < all.size(); ++i) {
                const auto& e = all[i];
                const auto n = static_cast<std::size_t>(e.phases);
                const std::size_t other = e.is_delta ? 1 : n;
                const bool is_line_rated = !e.is_delta && (n == 2 || n == 3);
                add({ref_of(kind, i), e.at_bus.bus, s_.across(e.at_bus, 0, other), e.rated_v,
                     is_line_rated ? root_3 : 1.0, -1});
            }
        };
        table(s_.circuit.loads, ElementKind::load);
        table(s_.circuit.generators, ElementKind::generator);
    }

    /// The winding of a transformer that is nearest to the source.
    std::size_t fed_winding(const grid::Transformer& t) const {
        std::size_t best = 0;
        for (std::size_t w = 1; w < t.windings.size(); ++w)
            if (s_.depth(t.windings[w].at.bus) < s_.depth(t.windings[best].at.bus)) best = w;
        return best;
    }

    Member winding_member(std::size_t i, std::size_t w) const {
        const grid::Transformer& t = s_.circuit.transformers[i];
        const grid::Winding& winding = t.windings[w];
        const auto n = static_cast<std::size_t>(t.phases);
        const std::size_t other = winding.is_delta && n > 1 ? 1 : n;
        const bool is_line_rated = !winding.is_delta && (n == 2 || n == 3);
        return {ref_of(ElementKind::transformer, i), winding.at.bus,
                s_.across(winding.at, 0, other),     winding.turns_v,
                is_line_rated ? root_3 : 1.0,        static_cast<int>(w)};
    }

    void add_windings() {
        for (std::size_t i = 0; i < s_.circuit.transformers.size(); ++i)
            add(winding_member(i, fed_winding(s_.circuit.transformers[i])));
    }

    // --- judging -------------------------------------------------------------------------------

    /// By how much all of a part is off: as the winding that feeds the transformer above it sees.
    double inherited(const Part& p) const {
        if (p.transformer < 0) return 1;
        const auto i = static_cast<std::size_t>(p.transformer);
        const double ratio = winding_member(i, fed_winding(s_.circuit.transformers[i])).ratio();
        return is_off(ratio) ? ratio : 1;
    }

    void judge(Part& p) {
        p.inherited = inherited(p);
        std::vector<const Member*> off;
        for (const Member& m : p.members)
            if (is_off(m.ratio() / p.inherited)) off.push_back(&m);
        if (off.empty()) return;
        const double first = off.front()->ratio() / p.inherited;
        const bool all_alike = off.size() == p.members.size() &&
                               std::all_of(off.begin(), off.end(), [&](const Member* m) {
                                   return is_alike(m->ratio() / p.inherited, first);
                               });
        if (all_alike && (off.size() > 1 || !base_agrees(p)) && p.inherited == 1)
            tell_feed(p, *off.front(), off.size());
        else
            for (const Member* m : off) tell_member(p, *m);
    }

    /// The base of the part's first bus agrees with the voltage there.
    bool base_agrees(const Part& p) const {
        const grid::Bus& bus = s_.circuit.bus(p.first);
        if (!(bus.base_v > 0) || bus.nodes.empty()) return true;
        const double there = math::sqrt(std::norm(s_.v(p.first, bus.nodes.front())));
        return !is_off(there / bus.base_v);
    }

    void tell_member(const Part& p, const Member& m) {
        const grid::Bus& bus = s_.circuit.bus(m.bus);
        const double there = m.there_v / p.inherited;
        const double wanted = nominal(bus, there) * m.kv_factor;
        const bool is_winding = m.winding >= 0;
        const std::string kv = kilo_text(m.rated_v * m.kv_factor);
        std::string rule = fmt::format(
            "{} {} kV across {}, rated {} kV: {}", bus.name, "gives " + kilo_text(there),
            is_winding ? fmt::format("winding {}", m.winding + 1) : "each phase",
            kilo_text(m.rated_v), hint(m.rated_v / there));
        std::string remedy = "write " + (is_winding ? fmt::format("wdg={} ", m.winding + 1) : "") +
                             "kv=" + neat_kilo(wanted);
        if (stands_on_one_phase(m)) {
            rule += "; conn=delta, yet only one node is named";
            remedy = fmt::format("name two nodes, e.g. bus1={}", two_nodes(m));
        }
        faults_.push_back(
            {s_.place(m.element, "kv"), kv, "bus " + std::move(rule), std::move(remedy)});
    }

    /// A one-phase delta load from a phase to ground.
    bool stands_on_one_phase(const Member& m) const {
        if (m.element.kind != ElementKind::load) return false;
        const grid::Load& load = s_.circuit.loads[m.element.pos()];
        return load.is_delta && load.phases == 1 && load.at_bus.nodes.size() > 1 &&
               load.at_bus.nodes[1] == 0;
    }
    std::string two_nodes(const Member& m) const {
        const int first = s_.circuit.loads[m.element.pos()].at_bus.nodes[0];
        std::vector<int> alive = s_.live.at(m.bus);
        std::erase(alive, first);
        const auto next =
            std::find_if(alive.begin(), alive.end(), [&](int n) { return n > first; });
        const int second = alive.empty() ? 0 : next == alive.end() ? alive.front() : *next;
        return fmt::format("{}.{}.{}", s_.circuit.bus(m.bus).name, first, second);
    }

    /// All ratings of a part disagree alike: what feeds it is wrong.
    void tell_feed(const Part& p, const Member& m, std::size_t count) {
        const std::string others =
            count > 1 ? fmt::format(" and {} other rating{}", count - 1, count == 2 ? "" : "s")
                      : "";
        const std::string against = fmt::format(
            "{} is rated {} kV there{}", s_.name_and_place(m.element),
            kilo_text(m.rated_v * m.kv_factor), count > 1 ? "," + others + " agree" : "");
        if (p.transformer < 0) return tell_source(p, m, against);
        const auto i = static_cast<std::size_t>(p.transformer);
        const grid::Transformer& t = s_.circuit.transformers[i];
        std::size_t w = 0;
        for (std::size_t k = 0; k < t.windings.size(); ++k)
            if (t.windings[k].at.bus == p.first) w = k;
        const Member own = winding_member(i, w);
        const double wanted = own.rated_v * own.kv_factor / m.ratio();
        faults_.push_back({s_.place(own.element, "kv"), kilo_text(own.rated_v * own.kv_factor),
                           fmt::format("winding {} gives bus {} {} kV, but {}: {}", w + 1,
                                       s_.circuit.bus(p.first).name, kilo_text(m.there_v), against,
                                       hint(m.ratio())),
                           fmt::format("write wdg={} kv={}", w + 1, neat_kilo(wanted))});
    }

    void tell_source(const Part& p, const Member& m, const std::string& against) {
        for (std::size_t i = 0; i < s_.circuit.sources.size(); ++i) {
            const grid::Source& source = s_.circuit.sources[i];
            if (part_of_[source.from.bus.pos()] != part_of_[p.first.pos()]) continue;
            const double kv = source.magnitude_v * (source.phases > 1 ? root_3 : 1.0);
            faults_.push_back({s_.place(ref_of(ElementKind::source, i), "basekv"), kilo_text(kv),
                               against + ": " + hint(m.ratio()),
                               "write basekv=" + neat_kilo(kv / m.ratio())});
            return;
        }
    }

    // --- bases ---------------------------------------------------------------------------------

    /// Buses whose base is far from the voltage though all ratings agree: the list of bases is
    /// wrong.
    void check_bases() {
        std::map<double, std::vector<grid::BusIdx>> wrong;
        for (std::size_t b = 0; b < s_.circuit.buses.size(); ++b) {
            const grid::Bus& bus = s_.circuit.buses[b];
            Part* p = part(grid::BusIdx(b));
            if (!p || !(bus.base_v > 0) || bus.nodes.empty() || bus.nodes.front() > 3) continue;
            if (p->members.empty() || !all_agree(*p)) continue;
            const double there = math::sqrt(std::norm(s_.v(grid::BusIdx(b), bus.nodes.front())));
            if (there < least_ratio * bus.base_v) continue;
            const double rated = line_to_neutral(*p);
            if (rated > 0 && is_far(bus.base_v, rated))
                wrong[bus.base_v].push_back(grid::BusIdx(b));
        }
        for (const auto& [base, buses] : wrong) tell_base(base, buses);
    }

    static bool all_agree(const Part& p) {
        return std::none_of(p.members.begin(), p.members.end(),
                            [](const Member& m) { return is_off(m.ratio()); });
    }
    /// What the ratings of a part say, line to neutral.
    static double line_to_neutral(const Part& p) {
        const Member& m = p.members.front();
        return m.rated_v;
    }
    /// No usual way of stating the base gives the rating.
    static bool is_far(double base, double rated) {
        for (const double factor : {1.0, root_3, 2.0, 1 / root_3, 0.5, 2 / root_3})
            if (!is_off(base * factor / rated)) return false;
        return true;
    }

    void tell_base(double base, const std::vector<grid::BusIdx>& buses) {
        const grid::BusIdx first = buses.front();
        const Member& m = part(first)->members.front();
        const double wanted = m.rated_v * (m.kv_factor > 1 || is_line_to_line(m) ? 1 : root_3) *
                              (m.kv_factor > 1 ? root_3 : 1);
        const grid::Bus& bus = s_.circuit.bus(first);
        const Place& set = s_.circuit.bases_at;
        const Place at = set.line > 0 ? Place{set.file, set.line, "voltagebases"} : bus.at;
        faults_.push_back(
            {at, fmt::format("bus '{}' with a base of {} kV", bus.name, kilo_text(base * root_3)),
             fmt::format(
                 "{} is rated {} kV there{}", s_.name_and_place(m.element),
                 kilo_text(m.rated_v * m.kv_factor),
                 buses.size() > 1 ? fmt::format("; {} buses have this base", buses.size()) : ""),
             fmt::format("write {} in the list of voltagebases", neat_kilo(wanted))});
    }
    bool is_line_to_line(const Member& m) const {
        const double to_ground =
            math::sqrt(std::norm(s_.v(m.bus, s_.circuit.bus(m.bus).nodes.front())));
        return m.there_v > 1.4 * to_ground;
    }

    const Survey& s_;
    std::vector<Fault>& faults_;
    std::vector<std::int32_t> part_of_;  // [bus]
    std::vector<Part> parts_;
};

}  // namespace

void check_voltages(const Survey& s, std::vector<Fault>& faults) {
    if (s.has_voltages) Voltages(s, faults).check();
}

}  // namespace gridflock::inline v0::powerflow
