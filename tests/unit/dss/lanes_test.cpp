// SPDX-License-Identifier: Apache-2.0
// The lane solver on the shipped feeders: equal to the reference solver, equal in bits to itself.
#include <gridflock/dss/interpret.hpp>
#include <gridflock/powerflow/batch.hpp>
#include <gridflock/powerflow/lane_solver.hpp>

#include <test.hpp>

#include <bit>
#include <cstring>
#include <limits>

using namespace gridflock;
using namespace gridflock::powerflow;
using grid::Complex;

namespace {

struct Feeder {
    const char* file;
    bool is_grounded;
};
constexpr Feeder feeders[] = {{"ieee13/IEEE13Nodeckt.dss", true},
                              {"ieee34/ieee34Mod1.dss", true},
                              {"ieee37/ieee37.dss", false},
                              {"ieee123/ieee123.dss", true}};

Network feeder(const std::string& file) {
    return Network(
        dss::interpret(std::string(GRIDFLOCK_SOURCE_DIR) + "/scenarios/feeders/" + file).circuit);
}

/// A device at every seventh node, against the next node of the bus or, where the network is
/// grounded, ground.
std::vector<Terminal> some_terminals(const Network& network, bool is_grounded = true) {
    std::vector<Terminal> out;
    for (std::size_t i = 3; i + 1 < network.nodes(); i += 7) {
        const bool is_pair =
            i % 2 == 0 && network.node(NodeIdx(i)).bus == network.node(NodeIdx(i + 1)).bus;
        if (is_pair || is_grounded)
            out.push_back({NodeIdx(i), is_pair ? NodeIdx(i + 1) : NodeIdx()});
    }
    return out;
}

/// Lanes of different load and devices, told by a number of their own.
struct Study {
    std::vector<double> scale;
    Column<double> p, q;
    std::vector<std::uint8_t> mask;

    Study(std::size_t terminals, const std::vector<int>& ids)
        : p(terminals, ids.size()), q(terminals, ids.size()), mask(ids.size(), 1) {
        for (std::size_t l = 0; l < ids.size(); ++l) {
            scale.push_back(0.3 + 0.1 * ids[l]);
            for (std::size_t t = 0; t < terminals; ++t) {
                p(t, l) =
                    300.0 * static_cast<double>((t * 5 + static_cast<std::size_t>(ids[l])) % 9);
                q(t, l) = -0.2 * p(t, l);
            }
        }
    }
};

struct Solved {
    Column<Complex> v;
    SolveOutput out;
};

template <class AnySolver>
Solved solve(AnySolver& solver, const Study& study, double tolerance = 1e-9) {
    const std::size_t lanes = study.scale.size();
    Solved s{Column<Complex>(solver.nodes(), lanes), SolveOutput(lanes)};
    solver.start(s.v.view());
    solver.solve({study.scale, study.p.view(), study.q.view(), study.mask, tolerance, 100},
                 s.v.view(), s.out);
    return s;
}

/// All bits of one lane: voltages and what the solver says about them.
std::vector<std::uint64_t> bits(const Solved& s, std::size_t lane) {
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; i < s.v.rows(); ++i) {
        out.push_back(std::bit_cast<std::uint64_t>(s.v(i, lane).real()));
        out.push_back(std::bit_cast<std::uint64_t>(s.v(i, lane).imag()));
    }
    for (const double x :
         {s.out.residual[lane], s.out.head_p_w[lane], s.out.losses_w[lane], s.out.change_pu[lane]})
        out.push_back(std::bit_cast<std::uint64_t>(x));
    out.push_back(static_cast<std::uint64_t>(s.out.iterations[lane]));
    return out;
}

SolverOptions with(int lanes, InstructionSet set, bool refine = false) {
    SolverOptions o;
    o.lanes = lanes;
    o.instructions = set;
    o.refine = refine;
    o.slow = 0.05;  // acceleration in every lane
    return o;
}

}  // namespace

TEST_CASE("lanes: the solver has the reference solver's answer on every shipped feeder", "[slow]") {
    for (const auto& [file, is_grounded] : feeders) {
        INFO(file);
        const Network network = feeder(file);
        const std::vector<Terminal> terminals = some_terminals(network, is_grounded);
        Solver solver(network, terminals);
        ReferenceSolver reference(network, terminals);
        const Study study(terminals.size(), {0, 1, 2, 3, 4, 5, 6, 7, 8});
        const Solved s = solve(solver, study), r = solve(reference, study);
        for (std::size_t l = 0; l < study.scale.size(); ++l) {
            REQUIRE(s.out.status[l] == Status::ok);
            REQUIRE(r.out.status[l] == Status::ok);
            CHECK(s.out.residual[l] <= 1e-12);
            for (std::size_t i = 0; i < network.nodes(); ++i) {
                const double base = network.node(NodeIdx(i)).base_v;
                if (base > 0) REQUIRE(std::abs(s.v(i, l) - r.v(i, l)) < 2e-8 * base);
            }
            CHECK(s.out.head_p_w[l] == Approx(r.out.head_p_w[l]).epsilon(1e-7));
            CHECK(s.out.losses_w[l] == Approx(r.out.losses_w[l]).epsilon(1e-5));
            CHECK(s.out.load_q_var[l] == Approx(r.out.load_q_var[l]).epsilon(1e-8));
        }
    }
}

TEST_CASE("lanes: what nothing injects into is left out of the iteration") {
    const Solver solver(feeder("ieee123/ieee123.dss"));
    CHECK(solver.shape().rows == 278);
    CHECK(solver.shape().iterated_rows < 150);
    CHECK(solver.shape().iterated_entries < solver.shape().factor_entries / 2);
}

TEST_CASE("lanes: a lane has its own bits at any width, beside NaN and beside divergence") {
    for (const InstructionSet set :
         {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
        if (!is_available(set)) {
            WARN("SKIPPED: this machine has no " << to_text(set));
            continue;
        }
        INFO(to_text(set));
        for (const bool refine : {false, true}) {
            const Network network = feeder("ieee123/ieee123.dss");
            const std::vector<Terminal> terminals = some_terminals(network);
            Solver alone(network, terminals, with(1, InstructionSet::portable, refine));
            const std::vector<int> ids{5, 0, 7, 3, 1, 6, 2, 4, 8, 5, 0, 7, 3, 1, 6, 2};
            std::vector<std::vector<std::uint64_t>> expected;
            for (int id = 0; id < 9; ++id)
                expected.push_back(bits(solve(alone, Study(terminals.size(), {id})), 0));
            for (const std::size_t lanes :
                 {std::size_t{1}, std::size_t{3}, std::size_t{8}, std::size_t{16}})
                for (const int width : {1, 8, 16, 32}) {
                    INFO(lanes << " lanes in blocks of " << width);
                    Study study(terminals.size(),
                                {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(lanes)});
                    if (lanes > 2) {
                        study.scale[1] = std::numeric_limits<double>::quiet_NaN();
                        study.scale[2] = 1e300;  // less is solved by starving
                    }
                    if (lanes > 8) study.mask[9] = 0;
                    Solver solver(network, terminals, with(width, set, refine));
                    const Solved s = solve(solver, study);
                    for (std::size_t l = 0; l < lanes; ++l) {
                        if (lanes > 2 && (l == 1 || l == 2)) {
                            CHECK(s.out.status[l] != Status::ok);
                            continue;
                        }
                        if (study.mask[l])
                            CHECK((bits(s, l) == expected[static_cast<std::size_t>(ids[l])]));
                    }
                }
        }
    }
}

TEST_CASE("lanes: the bytes of a masked lane do not change") {
    const Network network = feeder("ieee13/IEEE13Nodeckt.dss");
    Solver solver(network);
    Study study(0, {1, 2, 3});
    study.mask[1] = 0;
    Solved s{Column<Complex>(solver.nodes(), 3, Complex(1.5, -2.5)), SolveOutput(3)};
    s.out.residual[1] = 77;
    solver.solve({study.scale, study.p.view(), study.q.view(), study.mask, 1e-9, 100}, s.v.view(),
                 s.out);
    for (std::size_t i = 0; i < solver.nodes(); ++i) CHECK(s.v(i, 1) == Complex(1.5, -2.5));
    CHECK(s.out.residual[1] == 77);
}

namespace {

struct Batch {
    std::vector<double> scale, p, q;
    std::vector<std::int32_t> elements{0, 3};
    BatchInput input;
    static constexpr std::size_t steps = 70, scenarios = 11;

    Batch() {
        for (std::size_t i = 0; i < steps * scenarios; ++i)
            scale.push_back(0.3 + 0.7 * static_cast<double>(i * 7919 % 1000) / 1000);
        for (std::size_t i = 0; i < steps * 2 * scenarios; ++i) {
            p.push_back(-20e3 - 50 * static_cast<double>(i * 104729 % 1000));
            q.push_back(-5e3);
        }
        input.steps = steps;
        input.scenarios = scenarios;
        input.scale = StepView<const double>::dense(scale.data(), steps, 1, scenarios);
        input.p_w = StepView<const double>::dense(p.data(), steps, 2, scenarios);
        input.q_var = StepView<const double>::dense(q.data(), steps, 2, scenarios);
        input.elements = elements;
    }
};

/// One scenario of a batch alone: views with an offset, nothing copied.
BatchInput one_scenario(const Batch& b, std::size_t s) {
    BatchInput in = b.input;
    in.scenarios = 1;
    for (auto* view : {&in.scale, &in.p_w, &in.q_var}) {
        view->data += s;
        view->scenarios = 1;
    }
    return in;
}

bool same_bits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

}  // namespace

TEST_CASE("batch: steps as lanes, scenarios as lanes, widths and threads give the same bits") {
    const Batch batch;
    const Network network = feeder("ieee123/ieee123.dss");
    const Solver solver(network, {}, with(8, best_instruction_set()));
    BatchOptions options;
    const BatchOutput whole = solve_batch(solver, batch.input, options);
    REQUIRE(whole.solves == Batch::steps * Batch::scenarios);
    for (const Status status : whole.status) REQUIRE(status == Status::ok);
    const auto compare = [&](const BatchOutput& out, std::size_t s, std::size_t scenarios) {
        const std::size_t mine = scenarios == 1 ? 0 : s;
        for (std::size_t step = 0; step < Batch::steps; ++step) {
            const std::size_t i = step * Batch::scenarios + s, j = step * scenarios + mine;
            REQUIRE(whole.iterations[i] == out.iterations[j]);
            REQUIRE(same_bits(whole.residual[i], out.residual[j]));
            REQUIRE(same_bits(whole.head_p_w[i], out.head_p_w[j]));
        }
        for (std::size_t n = 0; n < network.nodes(); ++n)
            for (const auto member :
                 {&BatchOutput::min_pu, &BatchOutput::max_pu, &BatchOutput::mean_pu,
                  &BatchOutput::minutes_low, &BatchOutput::minutes_high})
                REQUIRE(same_bits((whole.*member)[n * Batch::scenarios + s],
                                  (out.*member)[n * scenarios + mine]));
        CHECK(same_bits(whole.energy_wh[s], out.energy_wh[mine]));
        CHECK(same_bits(whole.peak_w[s], out.peak_w[mine]));
    };
    for (const int width : {1, 16, 32})
        for (const int threads : {1, 2}) {
            options.threads = threads;
            const Solver other(network, {}, with(width, best_instruction_set()));
            const BatchOutput out = solve_batch(other, batch.input, options);
            for (std::size_t s = 0; s < Batch::scenarios; ++s) compare(out, s, Batch::scenarios);
            compare(solve_batch(other, one_scenario(batch, 4), options), 4, 1);
        }
}

TEST_CASE(
    "batch: a step solved alone is the step of the batch, and statistics are of what was kept") {
    const Batch batch;
    const Network network = feeder("ieee123/ieee123.dss");
    const Solver solver(network);
    std::vector<Complex> v(Batch::steps * network.nodes() * Batch::scenarios);
    std::vector<double> pu(v.size());
    BatchOptions options;
    options.tolerance = 1e-10;
    options.v = StepView<Complex>::dense(v.data(), Batch::steps, network.nodes(), Batch::scenarios);
    options.v_pu =
        StepView<double>::dense(pu.data(), Batch::steps, network.nodes(), Batch::scenarios);
    const BatchOutput out = solve_batch(solver, batch.input, options);
    ReferenceSolver reference(network);
    const std::size_t s = 6;
    for (std::size_t n = 0; n < network.nodes(); ++n) {
        double low = 1e9, high = 0, sum = 0, below = 0;
        for (std::size_t step = 0; step < Batch::steps; ++step) {
            const double u = options.v_pu(step, n, s);
            low = std::min(low, u), high = std::max(high, u), sum += u, below += u < 0.95;
            const double base = network.node(NodeIdx(n)).base_v;
            CHECK(u == Approx(std::abs(options.v(step, n, s)) / base).epsilon(1e-12));
        }
        const std::size_t i = n * Batch::scenarios + s;
        CHECK(out.min_pu[i] == low);
        CHECK(out.max_pu[i] == high);
        CHECK(out.mean_pu[i] == Approx(sum / Batch::steps).epsilon(1e-9));
        CHECK(out.minutes_low[i] == below);  // one minute a step
    }
    double energy = 0;
    for (std::size_t step = 0; step < Batch::steps; ++step)
        energy += out.head_p_w[step * Batch::scenarios + s] / 60;
    CHECK(out.energy_wh[s] == Approx(energy).epsilon(1e-12));
    // what is driven replaces the load's own demand
    const double demand = out.head_p_w[s] - out.losses_w[s];
    CHECK(demand > 0.2 * 3490e3 * batch.scale[s]);
}

TEST_CASE("batch: each step from the one before has the same answer within the tolerance") {
    const Batch batch;
    const Solver solver(feeder("ieee123/ieee123.dss"));
    BatchOptions options;
    options.tolerance = 1e-10;
    const BatchOutput base = solve_batch(solver, batch.input, options);
    options.start = Start::previous;
    const BatchOutput previous = solve_batch(solver, batch.input, options);
    for (std::size_t i = 0; i < base.mean_pu.size(); ++i)
        CHECK(previous.mean_pu[i] == Approx(base.mean_pu[i]).epsilon(1e-8));
}

TEST_CASE("batch: a step that is not a number fails alone and is left out of the statistics") {
    Batch batch;
    batch.p[5 * 2 * Batch::scenarios + 3] = std::numeric_limits<double>::quiet_NaN();
    const Solver solver(feeder("ieee123/ieee123.dss"));
    const BatchOutput out = solve_batch(solver, batch.input);
    CHECK(out.status[5 * Batch::scenarios + 3] == Status::not_finite);
    CHECK(std::count(out.status.begin(), out.status.end(), Status::ok) ==
          static_cast<std::ptrdiff_t>(Batch::steps * Batch::scenarios - 1));
    for (const double u : out.mean_pu) CHECK((u > 0.8 && u < 1.2));
    CHECK(out.energy_wh[3] < out.energy_wh[4] * 1.5);
}

namespace {

/// Regulators and capacitors of IEEE 123, and what lane l makes of them.
struct Changing {
    grid::Circuit circuit =
        dss::interpret(std::string(GRIDFLOCK_SOURCE_DIR) + "/scenarios/feeders/ieee123/ieee123.dss")
            .circuit;
    std::vector<std::size_t> regulators, banks;

    Changing() {
        for (std::size_t i = 0; i < circuit.transformers.size(); ++i)
            if (circuit.transformers[i].name.starts_with("reg")) regulators.push_back(i);
        for (std::size_t i = 0; i < circuit.capacitors.size(); ++i) banks.push_back(i);
    }
    std::vector<Changeable> elements(const Network& network) const {
        std::vector<Changeable> out;
        for (const std::size_t i : regulators)
            out.push_back(
                changeable(circuit, network, primitive(circuit.transformers[i], Parts::all)));
        for (const std::size_t i : banks)
            out.push_back(
                changeable(circuit, network, primitive(circuit.capacitors[i], Parts::all)));
        return out;
    }
    /// The circuit of a lane: taps by its number, every second bank off in odd lanes.
    grid::Circuit of_lane(int id) const {
        grid::Circuit c = circuit;
        if (id == 0) return c;
        for (std::size_t k = 0; k < regulators.size(); ++k)
            c.transformers[regulators[k]].windings[1].tap =
                1.0 + 0.00625 * static_cast<double>((id * 5 + static_cast<int>(k) * 3) % 17 - 8);
        for (std::size_t k = 0; k < banks.size(); ++k)
            if (id % 2 == 1 && k % 2 == 0)
                for (double& farad : c.capacitors[banks[k]].step_farad) farad *= 1e-6;
        return c;
    }
    std::vector<Change> changes(const std::vector<int>& ids) const {
        std::vector<Change> out;
        for (std::size_t l = 0; l < ids.size(); ++l) {
            if (ids[l] == 0) continue;
            const grid::Circuit c = of_lane(ids[l]);
            std::size_t element = 0;
            for (const std::size_t i : regulators)
                out.push_back({l, element++, primitive(c.transformers[i], Parts::all).y});
            for (const std::size_t i : banks)
                out.push_back({l, element++, primitive(c.capacitors[i], Parts::all).y});
        }
        return out;
    }
};

Solved solve_changed(const Changing& changing, const std::vector<int>& ids, SolverOptions options) {
    const Network network(changing.circuit);
    Solver solver(network, {}, options, changing.elements(network));
    const Study study(0, ids);
    Solved s{Column<Complex>(solver.nodes(), ids.size()), SolveOutput(ids.size())};
    solver.start(s.v.view());
    const std::vector<Change> changes = changing.changes(ids);
    solver.solve({study.scale, study.p.view(), study.q.view(), study.mask, 1e-9, 100}, s.v.view(),
                 s.out, changes);
    return s;
}

}  // namespace

TEST_CASE(
    "lanes: each lane has its own taps and capacitors, and the answer of a circuit built so") {
    const Changing changing;
    REQUIRE(changing.regulators.size() == 7);
    REQUIRE(changing.banks.size() == 4);
    const std::vector<int> ids{0, 1, 2, 3, 4, 5};
    SolverOptions options;
    const Solved s = solve_changed(changing, ids, options);
    double apart = 0;
    for (std::size_t l = 0; l < ids.size(); ++l) {
        const Network network(changing.of_lane(ids[l]));
        ReferenceSolver reference(network);
        const Solved r = solve(reference, Study(0, {ids[l]}), 1e-11);
        REQUIRE(s.out.status[l] == Status::ok);
        CHECK(s.out.residual[l] <= 1e-12);
        for (std::size_t i = 0; i < network.nodes(); ++i) {
            const double base = network.node(NodeIdx(i)).base_v;
            if (base > 0) REQUIRE(std::abs(s.v(i, l) - r.v(i, 0)) < 2e-8 * base);
            if (base > 0) apart = std::max(apart, std::abs(s.v(i, l) - s.v(i, 0)) / base);
        }
    }
    CHECK(apart > 0.02);  // taps do something
}

TEST_CASE("lanes: a lane with its own taps has its own bits at any width and any instructions") {
    const Changing changing;
    const std::vector<int> ids{3, 0, 5, 1, 4, 2, 6, 7, 8, 1};
    for (const InstructionSet set :
         {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
        if (!is_available(set)) continue;
        for (const int width : {8, 16}) {
            const Solved s = solve_changed(changing, ids, with(width, set));
            for (const std::size_t l : {0u, 1u, 4u, 8u}) {
                const Solved alone =
                    solve_changed(changing, {ids[l]}, with(1, InstructionSet::portable));
                CHECK((bits(s, l) == bits(alone, 0)));
            }
        }
    }
}
