// SPDX-License-Identifier: Apache-2.0
// A small fleet with owned columns behind an Observation.
#pragma once

#include <gridflock/core/random.hpp>
#include <gridflock/dispatch/registry.hpp>

#include <cmath>

namespace dispatch_test {

using namespace gridflock;
using namespace gridflock::dispatch;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct Fleet {
    std::size_t units, lanes;
    std::vector<std::uint8_t> mask;
    std::vector<std::int64_t> now;
    std::vector<double> head, baseline, award;
    Column<double> p, low, high, soc, age, net, demand, pv;
    CommandBuffer out;

    Fleet(std::size_t n, std::size_t w)
        : units(n),
          lanes(w),
          mask(w, 1),
          now(w, hours(1).ns),
          head(w, 0),
          baseline(w, 0),
          award(w, 0),
          p(n, w),
          low(n, w, -5000),
          high(n, w, 5000),
          soc(n, w, 0.5),
          age(n, w, 0),
          net(n, w),
          demand(n, w),
          pv(n, w),
          out(n, w) {}

    Setup setup() const {
        Setup s;
        s.lanes = lanes;
        for (std::size_t u = 0; u < units; ++u) {
            s.unit.push_back(stable_id("unit/" + std::to_string(u)));
            s.site_of.push_back(static_cast<std::int32_t>(u));
            s.power_w.push_back(5000);
            s.energy_j.push_back(13.5 * 3.6e6);
        }
        return s;
    }
    Observation observation() const {
        return {mask,       now,           head,        baseline,   award,
                p.view(),   low.view(),    high.view(), soc.view(), age.view(),
                net.view(), demand.view(), pv.view()};
    }
    Command decide(Strategy& strategy) {
        out.clear(mask, now, minutes(10));
        Command command = out.view();
        strategy.decide(observation(), command);
        return command;
    }
    Command run(const std::string& name, const Parameters& parameters = {}) {
        const auto strategy = Registry::built_in().make(name, parameters);
        strategy->reset(setup());
        return decide(*strategy);
    }
    /// Fills a lane with numbers that depend only on `world`.
    void randomise(std::size_t lane, std::uint64_t world) {
        const auto u = [&](std::size_t unit, std::uint64_t draw) {
            return uniform({11, world}, stable_id("u"), Purpose::user, unit, draw);
        };
        head[lane] = 2e4 * u(units, 1);
        baseline[lane] = 3000.0 * static_cast<double>(units) * u(units, 2);
        award[lane] = 4000.0 * static_cast<double>(units) * u(units, 3);
        for (std::size_t i = 0; i < units; ++i) {
            low(i, lane) = -5000 * u(i, 1);
            high(i, lane) = 5000 * u(i, 2);
            p(i, lane) = low(i, lane) + (high(i, lane) - low(i, lane)) * u(i, 3);
            soc(i, lane) = u(i, 4);
            age(i, lane) = u(i, 5) < 0.2 ? 1000 : 60;
            demand(i, lane) = 3000 * u(i, 6);
            pv(i, lane) = 4000 * u(i, 7);
        }
    }
};

}  // namespace dispatch_test
