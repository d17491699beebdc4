// SPDX-License-Identifier: Apache-2.0
// A batch does not measure the residual of nodes that nothing injects into where a bound of
// rounding proves it small: that bound must hold.
#include <test.hpp>

#include "golden.hpp"

#include <gridflock/dss/interpret.hpp>
#include <gridflock/powerflow/batch.hpp>

using namespace gridflock;
using namespace gridflock::powerflow;
using grid::Complex;

namespace {

constexpr double wanted = 1e-12;

/// Largest |Y V - I| / (|Y| |V| + |I|) over the nodes that no load, source or device injects into.
double idle_residual(const Network& network, std::span<const Complex> v) {
    const std::size_t n = network.nodes();
    std::vector<std::complex<long double>> sum(n);
    std::vector<double> size(n);
    std::vector<std::uint8_t> injects(n, 0);
    const auto note = [&](NodeIdx node) {
        if (node.valid()) injects[node.pos()] = 1;
    };
    for (const Stamp& s : network.stamps()) {
        if (!s.row.valid() || !s.col.valid()) continue;
        sum[s.row.pos()] +=
            std::complex<long double>(s.y) * std::complex<long double>(v[s.col.pos()]);
        size[s.row.pos()] += std::abs(s.y) * std::abs(v[s.col.pos()]);
    }
    for (const LoadPhase& l : network.load_phases()) note(l.a), note(l.b);
    for (const SourceBranch& s : network.sources())
        for (const NodeIdx node : s.ports) note(node);
    for (const SourceBranch& s : network.linear_injections())
        for (const NodeIdx node : s.ports) note(node);
    for (const FixedCurrent& f : network.fixed_currents()) note(f.node);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i)
        if (!injects[i] && network.node(NodeIdx(i)).is_live && size[i] > 0)
            worst = std::max(worst, static_cast<double>(std::abs(sum[i])) / size[i]);
    return worst;
}

}  // namespace

TEST_CASE("residual: of a batch is no less than what the nodes without injection have") {
    int proven = 0;
    for (const golden::Case& c : golden::cases()) {
        INFO(c.name);
        const Network network(dss::read_circuit(c.file).circuit);
        const Solver solver(network);
        const std::vector<double> scale{1.0, 0.4};
        BatchInput input;
        input.scenarios = scale.size();
        input.scale = StepView<const double>::dense(scale.data(), 1, 1, scale.size());
        std::vector<Complex> v(network.nodes() * scale.size());
        BatchOptions options;
        options.v = StepView<Complex>::dense(v.data(), 1, network.nodes(), scale.size());
        options.with_statistics = false;
        options.refine = true;
        options.max_iterations = 400;
        const BatchOutput out = solve_batch(solver, input, options);
        for (std::size_t lane = 0; lane < scale.size(); ++lane) {
            if (out.status[lane] != Status::ok) continue;
            std::vector<Complex> of_lane;
            for (std::size_t i = 0; i < network.nodes(); ++i)
                of_lane.push_back(v[i * scale.size() + lane]);
            // computing it as stamps add up rounds too: a few epsilon
            const double here = idle_residual(network, of_lane);
            CHECK(here <= out.residual[lane] + 1e-15);
            proven += here < 0.1 * out.residual[lane] && out.residual[lane] <= wanted;
        }
    }
    CHECK(proven > 0);  // else the bound has taken no place
}
