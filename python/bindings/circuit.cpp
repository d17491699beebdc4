// SPDX-License-Identifier: Apache-2.0
#include "circuit.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>

namespace gridflock::python {

namespace {

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

/// "a.1.2" to {a, 1, 2}: numbers at the end only, since a bus may hold a dot of its own.
std::vector<std::string> split_node(const std::string& text) {
    std::vector<std::string> numbers;
    std::string bus = text;
    while (numbers.size() < 2) {
        const std::size_t dot = bus.rfind('.');
        if (dot == std::string::npos || dot + 1 == bus.size()) break;
        const std::string number = bus.substr(dot + 1);
        if (!std::all_of(number.begin(), number.end(),
                         [](unsigned char c) { return std::isdigit(c) != 0; }))
            break;
        numbers.insert(numbers.begin(), number);
        bus.resize(dot);
    }
    numbers.insert(numbers.begin(), bus);
    return numbers;
}

std::string quoted(const std::string& text) {
    return "'" + text + "'";
}

std::string place(const char* list, std::size_t i) {
    return std::string(list) + "[" + std::to_string(i) + "]";
}

}  // namespace

const powerflow::Network& Circuit::network() const {
    const std::lock_guard lock(mutex_);
    if (!network_) network_ = std::make_unique<powerflow::Network>(script_.circuit);
    return *network_;
}

std::vector<std::string> Circuit::element_names() const {
    std::vector<std::string> out;
    for (const grid::Load& e : circuit().loads) out.push_back("load." + e.name);
    for (const grid::Generator& e : circuit().generators)
        out.push_back(e.class_name + "." + e.name);
    return out;
}

std::vector<std::string> Circuit::node_names() const {
    std::vector<std::string> out;
    for (const powerflow::Node& n : network().all())
        out.push_back(n.bus + "." + std::to_string(n.number));
    return out;
}

int Circuit::find_node(const std::string& bus, const std::string& number,
                       std::string& wrong) const {
    if (number == "0") return -1;
    const powerflow::NodeIdx i =
        number.size() > 9 ? powerflow::NodeIdx{} : network().find(bus, std::stoi(number));
    if (i.valid()) return i.value;
    std::vector<std::string> known;
    for (const powerflow::Node& n : network().all())
        if (n.bus == bus) known.push_back(bus + "." + std::to_string(n.number));
    if (known.empty()) return wrong = "?", -2;
    wrong = "the bus has";
    for (const std::string& name : known) wrong += " " + name;
    return -2;
}

Elements Circuit::find_elements(const std::vector<std::string>& names) const {
    const std::vector<std::string> known = element_names();
    std::vector<std::string> candidates = known;
    std::unordered_map<std::string, std::int32_t> index;
    for (const std::string& name : known)
        index.emplace(name, static_cast<std::int32_t>(index.size()));
    const auto count = static_cast<std::int32_t>(known.size());
    Elements out;
    std::vector<Fault> faults;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string name = lower(names[i]);
        const auto fault = [&](const char* rule, const std::string& remedy) {
            faults.push_back({{"", 0, place("elements", i)}, quoted(names[i]), rule, remedy});
        };
        const auto found = index.find(name);
        const std::vector<std::string> node = split_node(name);
        if (found != index.end()) {
            out.index.push_back(found->second);
            if (!seen.insert(name).second) fault("must be named once", "add its powers up");
            continue;
        }
        std::string wrong = "?";
        int a = -2, b = -1;
        if (node.size() > 1) a = find_node(node[0], node[1], wrong);
        if (node.size() > 2 && a != -2) b = find_node(node[0], node[2], wrong);
        if (a >= -1 && b >= -1 && a != b) {
            out.index.push_back(count + static_cast<std::int32_t>(out.terminals.size()));
            out.terminals.emplace_back(a, b);
            continue;
        }
        if (wrong == "?") {
            if (candidates.size() == known.size())
                for (std::string& n : node_names()) candidates.push_back(std::move(n));
            wrong = suggest(name, candidates);
        }
        fault("must be a load, a generator (class.name) or a node (bus.1, bus.1.2)", wrong);
    }
    if (!faults.empty()) throw ScenarioError(faults);
    return out;
}

std::vector<int> Circuit::find_nodes(const std::vector<std::string>& names) const {
    std::vector<int> out;
    std::vector<Fault> faults;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string name = lower(names[i]);
        const auto nodes = network().all();
        const std::size_t before = out.size();
        for (std::size_t k = 0; k < nodes.size(); ++k)
            if (nodes[k].bus == name ||
                nodes[k].bus + "." + std::to_string(nodes[k].number) == name)
                out.push_back(static_cast<int>(k));
        if (out.size() > before) continue;
        std::vector<std::string> known = node_names();
        for (const grid::Bus& bus : circuit().buses) known.push_back(bus.name);
        faults.push_back({{"", 0, place("nodes", i)},
                          quoted(names[i]),
                          "must be a bus or a node (bus.1) of the circuit",
                          suggest(name, known)});
    }
    if (!faults.empty()) throw ScenarioError(faults);
    return out;
}

double Circuit::forward_error_pu() const {
    powerflow::ReferenceSolver solver(network());
    Column<std::complex<double>> v(solver.nodes(), 1);
    const Column<double> none(0, 1);
    const std::vector<double> scale(1, 1.0);
    const std::vector<std::uint8_t> mask(1, 1);
    powerflow::SolveOutput out(1);
    solver.start(v.view());
    solver.solve({scale, none.view(), none.view(), mask, 1e-10, 300}, v.view(), out);
    return solver.forward_error_pu(std::as_const(v).view(), 0);
}

std::shared_ptr<const powerflow::Solver> Circuit::solver(
    const std::vector<std::pair<int, int>>& terminals, const powerflow::SolverOptions& options) {
    const powerflow::Network& net = network();
    const std::lock_guard lock(mutex_);
    const bool is_kept = solver_ && solver_terminals_ == terminals &&
                         solver_options_.lanes == options.lanes &&
                         solver_options_.instructions == options.instructions;
    if (is_kept) return solver_;
    const auto node = [](int i) {
        return i < 0 ? powerflow::NodeIdx{} : powerflow::NodeIdx(static_cast<std::size_t>(i));
    };
    std::vector<powerflow::Terminal> at;
    for (const auto& [a, b] : terminals) at.push_back({node(a), node(b)});
    solver_ = std::make_shared<const powerflow::Solver>(net, std::move(at), options);
    solver_terminals_ = terminals;
    solver_options_ = options;
    return solver_;
}

}  // namespace gridflock::python
