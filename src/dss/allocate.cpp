// SPDX-License-Identifier: Apache-2.0
// allocateloads: loads that are known by transformer size or by energy sold are scaled until the
// currents at the energy meters are their peak currents.
//
//   factor of a load  *=  peak / |I|   of its phase at the meter above it; loads of more phases
//                                      take the mean of the meter's phases
//
// as many times as numallociterations says, each time on a new power flow. A load belongs to the
// first meter whose zone has it; a zone ends at the next meter.
#include "load_object.hpp"
#include "meter_object.hpp"

#include <gridflock/core/math.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <algorithm>
#include <deque>

namespace gridflock::inline v0::dss {

namespace {

constexpr double usual_peak_a = 400;

/// A series element of the circuit: what a zone is made of and what a meter stands on.
struct Branch {
    std::string name;  ///< class.name
    std::vector<grid::BusIdx> buses;
    int phases = 0;
    powerflow::Primitive primitive;
};

template <class Element>
Branch branch(const char* kind, const Element& element, std::vector<grid::BusIdx> buses,
              int phases) {
    return {std::string(kind) + "." + element.name, std::move(buses), phases,
            powerflow::primitive(element, powerflow::Parts::all)};
}

std::vector<Branch> branches(const grid::Circuit& circuit) {
    std::vector<Branch> out;
    for (const auto& l : circuit.lines)
        out.push_back(branch("line", l, {l.from.bus, l.to.bus}, static_cast<int>(l.z_ohm.order())));
    for (const auto& t : circuit.transformers) {
        std::vector<grid::BusIdx> buses;
        for (const auto& w : t.windings) buses.push_back(w.at.bus);
        out.push_back(branch("transformer", t, std::move(buses), t.phases));
    }
    for (const auto& c : circuit.capacitors)
        if (!c.is_delta && c.from.bus != c.to.bus)
            out.push_back(branch("capacitor", c, {c.from.bus, c.to.bus}, c.phases));
    for (const auto& r : circuit.reactors)
        if (!r.is_delta && r.from.bus != r.to.bus)
            out.push_back(branch("reactor", r, {r.from.bus, r.to.bus}, r.phases));
    return out;
}

using Voltages = std::vector<std::complex<double>>;

Voltages solve(const powerflow::Network& network) {
    powerflow::ReferenceSolver solver{network};
    Column<std::complex<double>> v(solver.nodes(), 1);
    const Column<double> none(0, 1);
    const std::vector<double> scale{1.0};
    const std::vector<std::uint8_t> mask{1};
    powerflow::SolveOutput out(1);
    solver.start(v.view());
    solver.solve({scale, none.view(), none.view(), mask, 1e-10, 200}, v.view(), out);
    return {v.all().begin(), v.all().end()};
}

struct Meter {
    const MeterObject* object = nullptr;
    const Branch* branch = nullptr;
    std::size_t terminal = 0;
    std::vector<double> factor;  ///< of each phase
    double mean = 1;
};

/// How much the currents at the meter must change.
void measure(Meter& meter, const powerflow::Network& network, const grid::Circuit& circuit,
             const Voltages& v) {
    const powerflow::Primitive& p = meter.branch->primitive;
    const std::size_t conductors = p.ports.size() / meter.branch->buses.size();
    const auto voltage = [&](const powerflow::Port& port) {
        if (port.node == 0) return std::complex<double>{};
        return v[network.find(circuit.bus(port.bus).name, port.node).pos()];
    };
    meter.factor.clear();
    meter.mean = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(meter.branch->phases); ++k) {
        std::complex<double> current{};
        for (std::size_t j = 0; j < p.ports.size(); ++j)
            current += p.y(meter.terminal * conductors + k, j) * voltage(p.ports[j]);
        const double size = math::sqrt(std::norm(current));
        const auto& peaks = meter.object->peak_a;
        const double peak = k < peaks.size() ? peaks[k] : usual_peak_a;
        meter.factor.push_back(size > 0 ? peak / size : 1.0);
        meter.mean += meter.factor.back() / meter.branch->phases;
    }
}

/// The buses below each meter, in the order of the meters; a bus is in one zone only.
std::vector<std::vector<grid::BusIdx>> zones(const std::vector<Meter>& meters,
                                             const std::vector<Branch>& all, std::size_t buses) {
    std::vector<std::vector<const Branch*>> at(buses);
    for (const Branch& b : all)
        for (const grid::BusIdx bus : b.buses) at[bus.pos()].push_back(&b);
    std::set<const Branch*> used;
    for (const Meter& m : meters) used.insert(m.branch);
    std::vector<std::uint8_t> is_taken(buses, 0);
    std::vector<std::vector<grid::BusIdx>> out;
    for (const Meter& m : meters) {
        std::deque<grid::BusIdx> open;
        for (std::size_t t = 0; t < m.branch->buses.size(); ++t)
            if (t != m.terminal) open.push_back(m.branch->buses[t]);
        out.emplace_back();
        for (; !open.empty(); open.pop_front()) {
            const grid::BusIdx bus = open.front();
            if (is_taken[bus.pos()]) continue;
            is_taken[bus.pos()] = 1;
            out.back().push_back(bus);
            for (const Branch* b : at[bus.pos()])
                if (used.insert(b).second)
                    open.insert(open.end(), b->buses.begin(), b->buses.end());
        }
    }
    return out;
}

double factor_of(const Meter& meter, const grid::Load& load) {
    if (load.phases != 1) return meter.mean;
    if (meter.factor.size() == 1) return meter.factor[0];
    const int node = load.at_bus.nodes.empty() ? 0 : load.at_bus.nodes[0];
    const bool is_phase = node > 0 && node <= static_cast<int>(meter.factor.size()) && node < 4;
    return is_phase ? meter.factor[static_cast<std::size_t>(node - 1)] : 1.0;
}

/// The meters that stand on an element of the circuit, with what each must change.
std::vector<Meter> meters_of(const std::vector<const MeterObject*>& objects,
                             const std::vector<Branch>& all, const powerflow::Network& network,
                             const grid::Circuit& circuit) {
    const Voltages v = solve(network);
    std::vector<Meter> meters;
    for (const MeterObject* object : objects) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const Branch& b) { return b.name == object->element; });
        if (found == all.end()) continue;
        const int last = static_cast<int>(found->buses.size()) - 1;
        const int terminal = std::clamp(object->terminal - 1, 0, last);
        meters.push_back({object, &*found, static_cast<std::size_t>(terminal), {}, 1});
        measure(meters.back(), network, circuit, v);
    }
    return meters;
}

/// What each load of a zone is to be multiplied by.
std::map<std::string, double> load_factors(const grid::Circuit& circuit,
                                           const std::vector<const MeterObject*>& objects) {
    const powerflow::Network network(circuit);
    const std::vector<Branch> all = branches(circuit);
    const std::vector<Meter> meters = meters_of(objects, all, network, circuit);
    const auto zone = zones(meters, all, circuit.buses.size());
    std::vector<const Meter*> meter_of_bus(circuit.buses.size());
    for (std::size_t m = 0; m < meters.size(); ++m)
        for (const grid::BusIdx bus : zone[m]) meter_of_bus[bus.pos()] = &meters[m];
    std::map<std::string, double> out;
    for (const grid::Load& load : circuit.loads)
        if (const Meter* meter = meter_of_bus[load.at_bus.bus.pos()])
            out[load.name] = factor_of(*meter, load);
    return out;
}

}  // namespace

void Session::allocate_loads() {
    settings.load_multiplier = 1;
    std::vector<const MeterObject*> meters;
    for (const auto& object : objects_)
        if (const auto* meter = dynamic_cast<const MeterObject*>(object.get()))
            if (meter->enabled) meters.push_back(meter);
    if (meters.empty())
        return warn_once("allocateloads", "allocateloads",
                         "no energymeter tells a peak current; loads stay as they are",
                         "put an energymeter at the head of the feeder");
    for (int k = 0; k < settings.allocation_iterations && faults.empty(); ++k)
        for (const auto& [name, factor] : load_factors(build_so_far(), meters))
            if (auto* load = find<LoadObject>("load", name)) scale_allocation(*load, factor);
}

}  // namespace gridflock::inline v0::dss
