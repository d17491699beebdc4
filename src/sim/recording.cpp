// SPDX-License-Identifier: Apache-2.0
#include "sim/recording.hpp"

#include <gridflock/record/variable.hpp>
#include <gridflock/sim/simulation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace gridflock::inline v0::sim {

namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double joules_per_wh = 3600.0;
}  // namespace

Recording::Recording(const Plan& plan) : plan_(plan) {}

template <class Cell>
void Recording::define(const std::string& name, Cell cell) {
    views_[name] = [cell = std::move(cell)](const Simulation& sim, Column<double>& room) {
        for (std::size_t r = 0; r < room.rows(); ++r)
            for (std::size_t l = 0; l < room.lanes(); ++l) room(r, l) = cell(sim, r, l);
        return std::as_const(room).view();
    };
}

template <class Whole>
void Recording::define_column(const std::string& name, Whole column) {
    views_[name] = [column](const Simulation& sim, Column<double>&) { return column(sim).view(); };
}

template <class Pv, class Battery>
void Recording::define_device(const std::string& name, Pv pv, Battery battery) {
    const std::size_t first = plan_.pv.size() * plan_.width();  // cell of a battery
    views_[name] = [=](const Simulation& sim, Column<double>& room) {
        const std::span<double> cells = room.all();
        pv(sim, cells.first(first));
        battery(sim, cells.subspan(first));
        return std::as_const(room).view();
    };
}

void Recording::define_head() {
    const bool feeder = plan_.has_feeder();
    define("head.p", [](const Simulation& s, std::size_t, std::size_t l) {
        return s.frame().flow.head_p_w[l];
    });
    if (!feeder) return;
    using Values = std::vector<double>;
    const auto flow = [&](const char* name, Values powerflow::SolveOutput::*member) {
        define(name, [member](const Simulation& s, std::size_t, std::size_t l) {
            return (s.frame().flow.*member)[l];
        });
    };
    flow("head.q", &powerflow::SolveOutput::head_q_var);
    flow("head.losses", &powerflow::SolveOutput::losses_w);
    flow("head.load", &powerflow::SolveOutput::load_p_w);
    const auto frame = [&](const char* name, Values Frame::*member) {
        define(name, [member](const Simulation& s, std::size_t, std::size_t l) {
            return (s.frame().*member)[l];
        });
    };
    frame("head.v_min", &Frame::v_min);
    frame("head.v_max", &Frame::v_max);
    frame("head.buses_outside", &Frame::buses_outside);
    define("head.iterations", [](const Simulation& s, std::size_t, std::size_t l) {
        return static_cast<double>(s.frame().flow.iterations[l]);
    });
    define_column(
        "node.v", [](const Simulation& s) -> auto& { return s.frame().v_pu; });
}

void Recording::define_units() {
    using Cells = std::span<double>;
    const auto copy = [](const Column<double>& from, Cells to) {
        std::copy(from.all().begin(), from.all().end(), to.begin());
    };
    const auto none = [](const Simulation&, Cells to) { std::fill(to.begin(), to.end(), nan); };
    define_device(
        "device.p", [copy](const Simulation& s, Cells to) { copy(s.state().pv_p_w, to); },
        [copy](const Simulation& s, Cells to) { copy(s.state().battery_p_w, to); });
    define_device("device.soc", none, [](const Simulation& s, Cells to) {
        const std::size_t lanes = s.plan().width();
        const double* energy = s.state().batteries.energy_j.all().data();
        for (std::size_t i = 0; i < to.size(); ++i)
            to[i] = device::soc(s.plan().batteries[i / lanes], energy[i]);
    });
    define_device(
        "device.p_available",
        [copy](const Simulation& s, Cells to) { copy(s.frame().pv_available_w, to); }, none);
    define_device("device.command", none, [](const Simulation& s, Cells to) {
        const device::BatteryControlState& c = s.state().control;
        const std::span<const double> command = c.command_p_w.all();
        const std::span<const std::uint8_t> mode = c.mode.all();
        constexpr auto commanded = static_cast<std::uint8_t>(device::ControlMode::commanded);
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = mode[i] == commanded ? command[i] : nan;
    });
    define_column(
        "site.demand", [](const Simulation& s) -> auto& { return s.state().demand_w; });
    define_column(
        "site.net", [](const Simulation& s) -> auto& { return s.state().site_p_w; });
    define_column(
        "site.pv", [](const Simulation& s) -> auto& { return s.state().site_pv_w; });
}

void Recording::define_meters() {
    const char* names[] = {"meter.import", "meter.export", "meter.pv", "meter.charge",
                           "meter.discharge"};
    for (std::size_t i = 0; i < device::register_count; ++i) {
        define(names[i], [i](const Simulation& s, std::size_t r, std::size_t l) {
            return static_cast<double>(s.frame().reads.interval_wh[i](r, l));
        });
    }
    define("meter.pv_available", [](const Simulation& s, std::size_t r, std::size_t l) {
        return s.state().pv_available_j(r, l) / joules_per_wh;
    });
    std::vector<std::vector<std::size_t>> batteries(plan_.people.sites.size());  // of each site
    for (std::size_t b = 0; b < plan_.people.batteries.size(); ++b)
        batteries[static_cast<std::size_t>(plan_.people.batteries[b].site)].push_back(b);
    define("meter.stored", [batteries](const Simulation& s, std::size_t r, std::size_t l) {
        if (batteries[r].empty()) return nan;
        double sum = 0;
        for (const std::size_t b : batteries[r]) sum += s.state().batteries.energy_j(b, l);
        return sum / joules_per_wh;
    });
}

void Recording::define_fleet() {
    if (plan_.members.empty()) return;
    define("telemetry.age", [](const Simulation& s, std::size_t m, std::size_t l) {
        return s.plan().vpp_active[l] ? s.frame().estimate.age_s(m, l) : nan;
    });
    define("telemetry.p", [](const Simulation& s, std::size_t m, std::size_t l) {
        return s.plan().vpp_active[l] ? s.frame().estimate.p_w(m, l) : nan;
    });
    define("telemetry.soc", [](const Simulation& s, std::size_t m, std::size_t l) {
        return s.plan().vpp_active[l] ? s.frame().estimate.soc(m, l) : nan;
    });
    const auto sum = [](const Simulation& s, std::size_t l, auto&& of) {
        double total = 0;
        for (const std::int32_t b : s.plan().members) total += of(static_cast<std::size_t>(b), l);
        return total;
    };
    define("fleet.p", [sum](const Simulation& s, std::size_t, std::size_t l) {
        return sum(s, l, [&](std::size_t b, std::size_t k) { return s.state().battery_p_w(b, k); });
    });
    define("fleet.net", [sum](const Simulation& s, std::size_t, std::size_t l) {
        return sum(s, l, [&](std::size_t b, std::size_t k) {
            const auto site = static_cast<std::size_t>(s.plan().people.batteries[b].site);
            return -s.state().site_p_w(site, k);
        });
    });
    define("fleet.estimate", [](const Simulation& s, std::size_t, std::size_t l) {
        return s.plan().vpp_active[l] ? s.frame().estimate.total_p_w[l].estimate : nan;
    });
    define("fleet.stale", [](const Simulation& s, std::size_t, std::size_t l) {
        return s.plan().vpp_active[l] ? static_cast<double>(s.frame().estimate.stale_count[l])
                                      : nan;
    });
    const auto frame = [&](const char* name, std::vector<double> Frame::*member) {
        define(name, [member](const Simulation& s, std::size_t, std::size_t l) {
            return (s.frame().*member)[l];
        });
    };
    frame("fleet.target", &Frame::target_total_w);
    frame("fleet.award", &Frame::award_w);
    frame("fleet.baseline", &Frame::baseline_w);
}

/// Head, meter, telemetry and fleet are always kept; node, device and site by the scenario's choice
/// (all of them when it makes none) and by what the sinks ask for.
void Recording::choose_variables() {
    std::vector<std::string> chosen;
    for (const std::string& name : plan_.base.record.variables)
        chosen.push_back(record::find_variable(name).name);
    const bool all = chosen.empty();
    for (const record::Sink* sink : sinks_)
        for (const std::string& name : sink->wanted())
            chosen.push_back(record::find_variable(name).name);
    for (const record::Variable& v : record::catalogue()) {
        if (!views_.contains(v.name)) continue;
        const std::string group = v.group();
        const bool always = group != "node" && group != "device" && group != "site";
        if (always || all || std::find(chosen.begin(), chosen.end(), v.name) != chosen.end())
            layout_.variables.push_back(v);
    }
}

void Recording::define_all() {
    define_head();
    define_units();
    define_meters();
    define_fleet();
}

void Recording::begin_reading() {
    define_all();
    for (const record::Variable& v : record::catalogue())
        if (views_.contains(v.name)) layout_.variables.push_back(v);
    add_entities();
}

Column<double> Recording::read(const Simulation& sim, const record::Variable& v) const {
    const auto view = views_.find(v.name);
    if (view == views_.end()) throw Error(fmt::format("'{}': this study has no such value", v.key));
    Column<double> room(layout_.rows(v.group()), plan_.width(), nan);
    const ColumnView<const double> cells = view->second(sim, room);
    if (cells.data() != room.view().data())
        std::copy(cells.all().begin(), cells.all().end(), room.all().begin());
    for (std::size_t l = 0; l < plan_.width(); ++l) {
        if (sim.state().alive[l]) continue;
        for (std::size_t r = 0; r < room.rows(); ++r) room(r, l) = nan;
    }
    return room;
}

std::vector<std::string> Recording::labels(const std::string& group) const {
    const record::Entities* e = layout_.find_entities(group);
    return e ? e->labels : std::vector<std::string>{};
}

void Recording::begin() {
    if (sinks_.empty()) return;
    define_all();
    layout_.header = result_header(plan_);
    for (const Lane& lane : plan_.lanes) layout_.worlds.push_back(lane.world);
    std::sort(layout_.worlds.begin(), layout_.worlds.end());
    layout_.worlds.erase(std::unique(layout_.worlds.begin(), layout_.worlds.end()),
                         layout_.worlds.end());
    layout_.variants = plan_.variant_names;
    for (const Lane& lane : plan_.lanes)
        layout_.lanes.push_back({world_position(lane.world), lane.variant});
    choose_variables();
    add_entities();
    layout_.tables = result_tables();
    if (!plan_.switching.empty()) layout_.tables.push_back(switching_table());
    for (const std::string& group : layout_.groups()) {
        for (std::size_t i = 0; i < layout_.group_variables(group).size(); ++i)
            scratch_[group].emplace_back(layout_.rows(group), plan_.width(), nan);
    }
    for (record::Sink* sink : sinks_) sink->begin(layout_);
    is_on_ = true;  // only now: a sink that could not begin is not written to
    static_tables();
}

void Recording::write(const Simulation& sim, const std::string& group, SimTime at) {
    const auto found = scratch_.find(group);
    if (found == scratch_.end()) return;
    const std::vector<std::size_t> variables = layout_.group_variables(group);
    std::vector<ColumnView<const double>> columns;
    for (std::size_t i = 0; i < variables.size(); ++i) {
        Column<double>& column = found->second[i];
        columns.push_back(views_.at(layout_.variables[variables[i]].name)(sim, column));
    }
    const record::Sample sample{group, at, columns, sim.state().alive};
    for (record::Sink* sink : sinks_) sink->write(sample);
}

void Recording::step(const Simulation& sim) {
    if (!is_on_) return;
    const SimTime now = sim.now();
    if (sim.frame().reads.closed.end() !=
        std::find(sim.frame().reads.closed.begin(), sim.frame().reads.closed.end(), 1)) {
        const auto lane = static_cast<std::size_t>(
            std::find(sim.frame().reads.closed.begin(), sim.frame().reads.closed.end(), 1) -
            sim.frame().reads.closed.begin());
        write(sim, "meter", SimTime{sim.frame().reads.start_ns[lane]});
    }
    for (const JudgedBatch& j : sim.frame().judged) {
        std::vector<record::Cell> cells = lane_cells(j.lane);
        const bool known = j.member < plan_.desk.sites.size();
        cells.insert(cells.end(),
                     {j.at.ns, known ? plan_.desk.sites[j.member] : std::string("?"), j.hour.ns,
                      std::string(asset::to_text(j.verdict)), std::int64_t{j.late}});
        row("batches", cells);
    }
    if (plan_.base.record.hashes) hashes(sim);
    if (now < plan_.when.begin) return;
    write(sim, "head", now);
    if ((now - plan_.when.begin).ns % plan_.base.record.every.ns != 0) return;
    for (const char* group : {"node", "device", "site"}) write(sim, group, now);
}

void Recording::dispatched(const Simulation& sim) {
    if (!is_on_) return;
    write(sim, "telemetry", sim.now());
    write(sim, "fleet", sim.now());
}

void Recording::row(const std::string& table, const std::vector<record::Cell>& cells) {
    for (record::Sink* sink : sinks_) sink->append(table, cells);
}

std::vector<record::Cell> Recording::lane_cells(std::size_t lane) const {
    return {std::int64_t{layout_.lanes[lane].world}, std::int64_t{layout_.lanes[lane].variant}};
}

std::int32_t Recording::world_position(std::int32_t world) const {
    const auto& all = layout_.worlds;
    return static_cast<std::int32_t>(std::lower_bound(all.begin(), all.end(), world) - all.begin());
}

void Recording::end(const Simulation& sim, record::RunStatus status, const std::string& reason) {
    if (!is_on_) return;
    message_counts(sim);
    for (std::size_t l = 0; l < plan_.width(); ++l) postings(sim, l);
    for (record::Sink* sink : sinks_) sink->end(status, reason);
}

}  // namespace gridflock::inline v0::sim
