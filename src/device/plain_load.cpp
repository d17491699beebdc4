// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/plain_load.hpp>

namespace gridflock::inline v0::device {

void advance(std::span<const PlainLoadParams> params, ColumnView<const double> demand_w,
             ColumnView<double> p_w, ColumnView<double> q_var, const LaneClock& clock) {
    const std::size_t n = params.size(), lanes = clock.lanes();
    require_shape(demand_w, n, lanes, "load: demand_w");
    require_shape(p_w, n, lanes, "load: p_w");
    require_shape(q_var, n, lanes, "load: q_var");
    drive(n, clock, [&](std::size_t r, std::size_t l) {
        const LoadPower out = step(params[r], demand_w(r, l));
        p_w(r, l) = out.p_w;
        q_var(r, l) = out.q_var;
    });
}

}  // namespace gridflock::inline v0::device
