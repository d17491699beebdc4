// SPDX-License-Identifier: Apache-2.0
// Any bytes as a script: read, built, and solved when small. Nothing but gridflock::Error may
// leave.
#include <gridflock/dss/interpret.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace gridflock;

namespace {

constexpr std::size_t most_nodes = 60;

/// What a script may name besides itself.
dss::MemoryFiles files_with(std::string script) {
    return dss::MemoryFiles({{"main.dss", std::move(script)},
                             {"part.dss", "new line.p bus1=b bus2=c length=0.1\n~ r1=0.1 x1=.2\n"},
                             {"more/self.dss", "redirect ../main.dss\n"},
                             {"data.csv", "1,2\n0.5,3\n0.25 4\n"},
                             {"data.dbl", std::string("\0\0\0\0\0\0\xf0\x3f", 8)},
                             {"data.sng", std::string("\0\0\x80\x3f", 4)},
                             {"coords.csv", "a,1,2\nb,3,4\n"}});
}

std::size_t nodes_of(const grid::Circuit& circuit) {
    std::size_t nodes = 0;
    for (const grid::Bus& bus : circuit.buses) nodes += bus.nodes.size();
    for (const grid::Transformer& t : circuit.transformers)
        nodes += t.windings.size() * static_cast<std::size_t>(t.phases);
    return nodes;
}

void solve(const grid::Circuit& circuit) {
    powerflow::ReferenceSolver solver{powerflow::Network(circuit)};
    Column<std::complex<double>> v(solver.nodes(), 1);
    const Column<double> none(0, 1);
    const std::vector<double> scale{1.0};
    const std::vector<std::uint8_t> mask{1};
    powerflow::SolveOutput out(1);
    solver.start(v.view());
    solver.solve({scale, none.view(), none.view(), mask, 1e-8, 15}, v.view(), out);
    if (out.status[0] == Status::ok && !(out.residual[0] < 1)) std::abort();  // solved, yet not
    (void)solver.explain(out, 0);
}

}  // namespace

/// A script that is refused: the faults have their places.
void require_placed(const ScenarioError& error) {
    if (error.faults().empty()) std::abort();
    for (const Fault& fault : error.faults())
        if (fault.at.file.empty() || fault.at.line < 1 || fault.rule.empty()) {
            std::fprintf(stderr, "a fault without its place: %s\n", fault.text().c_str());
            std::abort();
        }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const dss::MemoryFiles files = files_with({reinterpret_cast<const char*>(data), size});
    dss::Interpretation script;
    try {
        script = dss::interpret("main.dss", files);
    } catch (const ScenarioError& error) {
        require_placed(error);
        return 0;
    }
    try {
        if (dss::readings_csv(script.elements).empty()) std::abort();
        if (nodes_of(script.circuit) <= most_nodes) solve(script.circuit);
    } catch (const ScenarioError& error) {  // of the network: a winding that floats, say
        if (error.faults().empty()) std::abort();
    }
    return 0;
}
