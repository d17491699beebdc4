// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/meter.hpp>

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::device {
namespace {

// A step against the interval's grid. Times in ns.
struct Split {
    std::int64_t boundary = 0;  // end of the interval that holds the step's start
    bool closes = false;        // the boundary lies in (start, end]
    double before = 0;          // s of the step up to the boundary
};

Split split_of(std::int64_t now, double dt, Duration interval) {
    Split s;
    s.boundary = floor_to({now}, interval).ns + interval.ns;
    s.closes = now + math::to_integer(dt * 1e9) >= s.boundary;
    s.before = s.closes ? math::min(static_cast<double>(s.boundary - now) / 1e9, dt) : dt;
    return s;
}

MeterEnergy energy_of(const MeterInput& in, std::size_t s, std::size_t l, double dt) {
    return {energy_uj(in.load_w(s, l), dt), energy_uj(in.pv_w(s, l), dt),
            energy_uj(in.battery_w(s, l), dt)};
}

Status check(const MeterInput& in, std::size_t s, std::size_t l, double dt) {
    for (const double p : {in.load_w(s, l), in.pv_w(s, l), in.battery_w(s, l)}) {
        if (!(math::abs(p) < 1e300)) return Status::not_finite;
        if (!(math::abs(p) * dt < 0x1p51 * 1e-6)) return Status::limit;
    }
    return Status::ok;
}

void add(MeterState& state, std::size_t s, std::size_t l, const MeterEnergy& energy) {
    const Registers<std::int64_t> more = register_advance(energy);
    for (std::size_t r = 0; r < register_count; ++r) state.energy_uj[r](s, l) += more[r];
}

void latch(MeterState& state, MeterReads& reads, std::size_t s, std::size_t l) {
    for (std::size_t r = 0; r < register_count; ++r) {
        const std::int64_t wh = state.energy_uj[r](s, l) / microjoules_per_wh;
        reads.interval_wh[r](s, l) = wh - state.latched_wh[r](s, l);
        reads.cumulative_wh[r](s, l) = wh;
        state.latched_wh[r](s, l) = wh;
    }
}

void require_shapes(const MeterState& state, const MeterInput& in, const MeterReads& reads,
                    std::size_t lanes) {
    const std::size_t n = in.load_w.rows();
    require_shape(in.load_w, n, lanes, "meter: load_w");
    require_shape(in.pv_w, n, lanes, "meter: pv_w");
    require_shape(in.battery_w, n, lanes, "meter: battery_w");
    for (std::size_t r = 0; r < register_count; ++r) {
        require_shape(state.energy_uj[r], n, lanes, "meter: energy_uj");
        require_shape(state.latched_wh[r], n, lanes, "meter: latched_wh");
        require_shape(reads.interval_wh[r], n, lanes, "meter: interval_wh");
        require_shape(reads.cumulative_wh[r], n, lanes, "meter: cumulative_wh");
    }
    if (reads.closed.size() != lanes || reads.start_ns.size() != lanes ||
        reads.status.size() != lanes)
        throw ShapeError("meter: closed, start_ns and status must be [lane]");
}

}  // namespace

MeterState::MeterState(std::size_t sites, std::size_t lanes) {
    for (auto& c : energy_uj) c = Column<std::int64_t>(sites, lanes);
    for (auto& c : latched_wh) c = Column<std::int64_t>(sites, lanes);
}

MeterReads::MeterReads(std::size_t sites, std::size_t lanes)
    : closed(lanes, 0), start_ns(lanes, 0), status(lanes, Status::ok) {
    for (auto& c : interval_wh) c = Column<std::int64_t>(sites, lanes);
    for (auto& c : cumulative_wh) c = Column<std::int64_t>(sites, lanes);
}

std::int64_t energy_uj(double p_w, double dt) {
    return math::to_integer(p_w * dt * 1e6);
}

Registers<std::int64_t> register_advance(const MeterEnergy& e) {
    const std::int64_t net = e.load_uj + e.pv_uj + e.battery_uj;
    return {net < 0 ? -net : 0, net > 0 ? net : 0, e.pv_uj > 0 ? e.pv_uj : 0,
            e.battery_uj < 0 ? -e.battery_uj : 0, e.battery_uj > 0 ? e.battery_uj : 0};
}

void advance(const MeterParams& params, MeterState& state, const MeterInput& input,
             MeterReads& reads, const LaneClock& clock) {
    if (params.interval.ns <= 0) throw Error("meter: the interval must be > 0");
    require_shapes(state, input, reads, clock.lanes());
    for (std::size_t l = 0; l < clock.lanes(); ++l) {
        if (!clock.mask[l]) continue;
        const Split at = split_of(clock.now[l], clock.dt[l], params.interval);
        reads.closed[l] = at.closes ? 1 : 0;
        if (at.closes) reads.start_ns[l] = at.boundary - params.interval.ns;
        reads.status[l] = clock.dt[l] <= params.interval.seconds() ? Status::ok : Status::limit;
    }
    drive(input.load_w.rows(), clock, [&](std::size_t s, std::size_t l) {
        const double dt = clock.dt[l];
        const Status found = check(input, s, l, dt);
        if (found != Status::ok) reads.status[l] = found;
        if (found != Status::ok || !(dt <= params.interval.seconds())) return;
        const Split at = split_of(clock.now[l], dt, params.interval);
        const MeterEnergy first = energy_of(input, s, l, at.before);
        add(state, s, l, first);
        if (!at.closes) return;
        latch(state, reads, s, l);
        const MeterEnergy all = energy_of(input, s, l, dt);
        add(state, s, l,
            {all.load_uj - first.load_uj, all.pv_uj - first.pv_uj,
             all.battery_uj - first.battery_uj});
    });
}

}  // namespace gridflock::inline v0::device
