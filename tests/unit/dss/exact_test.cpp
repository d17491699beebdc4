// SPDX-License-Identifier: Apache-2.0
// Where double precision itself moves nodes (a busbar of 1e-10 ohm, conductors that only
// capacitance holds), a dense solve with 11 bits more tells who is nearer: the same stamps and
// load laws, summed and eliminated in long double.
// SOURCE  x87 extended precision, Gaussian elimination with row pivots, no order, no sharing.
#include <gridflock/powerflow/solver.hpp>

#include <test.hpp>

#include "golden.hpp"

#include <limits>

using namespace gridflock;
using namespace gridflock::powerflow;

namespace {

using Wide = std::complex<long double>;

class WideSolver {
public:
    explicit WideSolver(const Network& network) : network_(network), n_(network.nodes()) {
        y_.assign(n_ * n_, {});
        source_.assign(n_, {});
        for (const Stamp& s : network.stamps()) at(s.row, s.col) += Wide(s.y);
        for (const SourceBranch& s : network.sources())
            for (std::size_t i = 0; i < s.ports.size(); ++i)
                for (std::size_t j = 0; j < s.ports.size(); ++j) {
                    if (!s.ports[i].valid()) continue;
                    source_[s.ports[i].pos()] += Wide(s.y(i, j)) * Wide(s.ideal_v[j]);
                    if (s.ports[j].valid()) at(s.ports[i], s.ports[j]) += Wide(s.y(i, j));
                }
        for (std::size_t i = 0; i < n_; ++i)
            if (!network.all()[i].is_live) y_[i * n_ + i] = 1;
        factor();
    }

    std::vector<Wide> solve() const {
        std::vector<Wide> v = sweep(source_);
        for (int k = 0; k < 100; ++k) {
            std::vector<Wide> current = source_;
            for (const LoadPhase& l : network_.load_phases()) {
                const Wide va = l.a.valid() ? v[l.a.pos()] : Wide{};
                const Wide across = va - (l.b.valid() ? v[l.b.pos()] : Wide{});
                const LoadLaw& law = network_.laws()[static_cast<std::size_t>(l.law)];
                const double u = static_cast<double>(std::abs(across)) / law.rated_v;
                const Admittance y = admittance(law, u, 1.0);
                const Wide drawn = Wide(y.g, y.b) * across;
                if (l.a.valid()) current[l.a.pos()] -= drawn;
                if (l.b.valid()) current[l.b.pos()] += drawn;
            }
            v = sweep(current);
        }
        return v;
    }

private:
    Wide& at(NodeIdx r, NodeIdx c) { return y_[r.pos() * n_ + c.pos()]; }

    void factor() {
        for (std::size_t k = 0; k < n_; ++k) {
            std::size_t pivot = k;
            for (std::size_t i = k; i < n_; ++i)
                if (std::abs(y_[i * n_ + k]) > std::abs(y_[pivot * n_ + k])) pivot = i;
            pivot_.push_back(pivot);
            for (std::size_t j = 0; j < n_; ++j) std::swap(y_[k * n_ + j], y_[pivot * n_ + j]);
            for (std::size_t i = k + 1; i < n_; ++i) {
                const Wide f = y_[i * n_ + k] /= y_[k * n_ + k];
                if (f == Wide{}) continue;
                for (std::size_t j = k + 1; j < n_; ++j) y_[i * n_ + j] -= f * y_[k * n_ + j];
            }
        }
    }

    std::vector<Wide> sweep(std::vector<Wide> x) const {
        for (std::size_t k = 0; k < n_; ++k) std::swap(x[k], x[pivot_[k]]);
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < i; ++j) x[i] -= y_[i * n_ + j] * x[j];
        for (std::size_t i = n_; i-- > 0;) {
            for (std::size_t j = i + 1; j < n_; ++j) x[i] -= y_[i * n_ + j] * x[j];
            x[i] /= y_[i * n_ + i];
        }
        return x;
    }

    const Network& network_;
    std::size_t n_;
    std::vector<Wide> y_, source_;
    std::vector<std::size_t> pivot_;
};

struct Distances {
    double ours = 0, opendss = 0;  ///< pu, to the wide solution
    double bound = 0;              ///< forward-error estimate, pu
};

Distances distances(const golden::Case& c) {
    ReferenceSolver solver{Network(dss::read_circuit(c.file).circuit)};
    const Network& network = solver.network();
    Column<std::complex<double>> v(solver.nodes(), 1);
    const Column<double> none(0, 1);
    const std::vector<double> scale{1.0};
    const std::vector<std::uint8_t> mask{1};
    SolveOutput out(1);
    solver.start(v.view());
    solver.solve({scale, none.view(), none.view(), mask, 1e-10, 400}, v.view(), out);
    const std::vector<Wide> exact = WideSolver(network).solve();
    Distances d;
    d.bound = solver.forward_error_pu(v.view(), 0);
    for (const auto& [key, row] : golden::read(c.table)) {
        const NodeIdx node = network.find(key.first, key.second);
        REQUIRE(node.valid());
        const std::complex<double> here(exact[node.pos()]);
        d.ours = std::max(d.ours, std::abs(v(node.pos(), 0) - here) / row.scale);
        d.opendss = std::max(d.opendss, std::abs(row.phasor() - here) / row.scale);
    }
    return d;
}

}  // namespace

TEST_CASE("exact: where rounding shows, both programs lie within its bound, ours no further off") {
    if (std::numeric_limits<long double>::digits < 64) {
        WARN("skipped: long double is no wider than double here");
        return;
    }
    for (const auto& c : golden::cases()) {
        if (c.name != "secondary" && c.name != "test_switch_1w") continue;
        INFO(c.name);
        const Distances d = distances(c);
        CHECK(d.ours > 1e-7);  // else the bar of the case need not be wide
        CHECK(d.ours < d.bound);
        CHECK(d.opendss < d.bound);
        CHECK(d.ours < d.opendss);
    }
}

TEST_CASE("exact: an ordinary feeder is solved to eight digits in double precision") {
    if (std::numeric_limits<long double>::digits < 64) return;
    for (const auto& c : golden::cases())
        if (c.name == "ieee13") CHECK(distances(c).ours < 1e-8);
}
