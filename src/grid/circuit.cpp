// SPDX-License-Identifier: Apache-2.0
#include <gridflock/grid/circuit.hpp>

#include <algorithm>

namespace gridflock::inline v0::grid {

BusIdx Circuit::find_bus(std::string_view bus_name) const {
    const auto found = bus_by_name_.find(std::string(bus_name));
    return found == bus_by_name_.end() ? BusIdx{} : BusIdx(found->second);
}

BusIdx Circuit::add_bus(const std::string& bus_name, const Place& at) {
    const BusIdx next(buses.size());
    const auto [entry, is_new] = bus_by_name_.try_emplace(bus_name, next.value);
    if (!is_new) return BusIdx(entry->second);
    Bus bus;
    bus.name = bus_name;
    bus.at = at;
    buses.push_back(std::move(bus));
    return next;
}

void Circuit::note_nodes(BusIdx bus, const std::vector<int>& nodes) {
    std::vector<int>& known = buses[bus.pos()].nodes;
    for (const int n : nodes)
        if (n > 0 && std::find(known.begin(), known.end(), n) == known.end()) known.push_back(n);
}

}  // namespace gridflock::inline v0::grid
