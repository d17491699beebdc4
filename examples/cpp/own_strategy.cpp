// SPDX-License-Identifier: Apache-2.0
// A dispatch strategy of one's own: what is above the limit is asked of all units alike.
#include <gridflock/gridflock.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace gf = gridflock;
namespace dispatch = gridflock::dispatch;
using namespace std::chrono_literals;

namespace {

class EqualShare : public dispatch::Strategy {
public:
    explicit EqualShare(double limit_w) : limit_w_(limit_w) {}

    std::string_view name() const override { return "mine:equal_share"; }
    void reset(const dispatch::Setup&) override {}

    void decide(const dispatch::Observation& seen, dispatch::Command& out) override {
        for (std::size_t l = 0; l < seen.lanes(); ++l) {
            if (!seen.mask[l]) continue;  // this lane follows another strategy
            double fleet_w = 0;
            for (std::size_t u = 0; u < seen.units(); ++u)
                if (std::isfinite(seen.p_w(u, l))) fleet_w += seen.p_w(u, l);
            const double need_w = std::max(0.0, seen.head_p_w[l] + fleet_w - limit_w_);
            const double each_w = need_w / static_cast<double>(seen.units());
            for (std::size_t u = 0; u < seen.units(); ++u) {
                if (!(seen.age_s(u, l) < 180)) continue;  // not heard of: default control
                out.p_w(u, l) = std::min(each_w, seen.p_max_w(u, l));
                out.reason(u, l) = dispatch::Reason::share;
            }
        }
    }

    std::vector<std::byte> save() const override { return {}; }  // it keeps no state
    void restore(std::span<const std::byte>) override {}

private:
    double limit_w_;
};

}  // namespace

int main(int argc, char** argv) try {
    auto scenario = gf::load_scenario(argc > 1 ? argv[1] : "evening.toml");
    gf::sim::CompileOptions options;
    options.registry.add("mine:equal_share", {"limit_w"}, {"limit_w"},
                         [](const dispatch::Parameters& p) {
                             return std::make_unique<EqualShare>(p.at("limit_w"));
                         });
    scenario.dispatch.strategy = "mine:equal_share";
    gf::Simulation sim{gf::compile(scenario, options)};
    gf::MemorySink sink{{"head.p", "fleet.p"}};
    sim.attach(sink);
    for (; !sim.done(); sim.advance_for(5min))
        if (auto failure = sim.failure()) {
            std::cerr << failure->text() << '\n';
            return 1;
        }
    std::cout << "head " << sink.max("head.p") / 1e3 << " kW, fleet " << sink.max("fleet.p") / 1e3
              << " kW at most\n";
} catch (const gf::Error& e) {
    std::cerr << e.what() << '\n';
    return 2;
}
