// SPDX-License-Identifier: Apache-2.0
// A checkpoint:  magic, format, library version | digest of the Plan | State, strategies, and
// inside a step the Frame, else what is shown of it | SHA-256 of all that came before. Whatever is
// read is checked twice: bytes for damage, values for what the run's code takes for granted
// (indices, shapes, ranges).
#include <gridflock/sim/simulation.hpp>

#include <gridflock/scenario/access.hpp>
#include <gridflock/version.hpp>

#include "sim/archive_state.hpp"
#include "sim/compile_vpp.hpp"
#include "sim/handlers.hpp"
#include "sim/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace gridflock::inline v0::sim {

namespace {

constexpr std::array<char, 8> magic{'g', 'r', 'i', 'd', 'f', 'c', 'h', 'k'};
constexpr std::uint32_t checkpoint_format = 2;
constexpr std::int64_t far = std::int64_t{1} << 62;  ///< differences of two such numbers fit

asset::Bytes as_bytes(std::span<const std::byte> b) {
    return {reinterpret_cast<const std::uint8_t*>(b.data()), b.size()};
}

void require(bool ok, const char* what) {
    if (!ok) throw CheckpointError(std::string("not a usable checkpoint: ") + what);
}

bool is_near(std::int64_t x) {
    return x > -far && x < far;
}
bool is_time(std::int64_t ns) {
    return is_near(ns) || ns == never_ns || ns == journal::whole_scope.ns;
}
bool are_flags(std::span<const std::uint8_t> flags) {
    return std::all_of(flags.begin(), flags.end(), [](std::uint8_t f) { return f <= 1; });
}
bool is_number(double x) {
    return x != x || math::abs(x) < 1e17;  // NaN is "not known"
}

void check_ring(const comms::MessageRing& ring) {
    const comms::RingState& s = ring.state();
    const auto times = [](std::span<const std::int64_t> all) {
        return std::all_of(all.begin(), all.end(), is_time);
    };
    const auto numbers = [](std::span<const double> all) {
        return std::all_of(all.begin(), all.end(), is_number);
    };
    for (const auto* c : {&s.arrival, &s.sent_at, &s.tick, &s.chain_tick, &s.latest.tick,
                          &s.latest.measured_at, &s.latest.received_at})
        require(times(c->all()), "a message out of time");
    require(numbers(s.payload.all()) && numbers(s.latest.payload.all()),
            "a message with a number out of range");
    require(are_flags(s.latest.fresh.all()) && are_flags(s.chain_bad.all()), "a flag");
    for (const auto& lane : s.spill)
        for (const comms::Spilled& m : lane)
            require(m.site < ring.shape().sites && m.payload.size() == ring.shape().width &&
                        is_time(m.arrival) && is_near(m.sent_at) && is_near(m.tick) &&
                        numbers(m.payload),
                    "a message of nobody");
}

void check_desk(const Plan& p, const vpp::Desk& d) {
    const std::size_t sites = p.desk.sites.size(), hours = p.desk.product.hours.size();
    const auto accounts = static_cast<std::int32_t>(d.ledger.account_count());
    const auto known = [&](journal::AccountIdx a) { return a.value >= 0 && a.value < accounts; };
    if (d.accounts) {
        const settle::Accounts& a = *d.accounts;
        require(known(a.market_day_ahead) && known(a.market_real_time) && known(a.supplier) &&
                    known(a.clearing) && known(a.aggregator) && known(a.rounding) &&
                    a.owner.size() == sites && a.escrow.size() == sites &&
                    std::all_of(a.owner.begin(), a.owner.end(), known) &&
                    std::all_of(a.escrow.begin(), a.escrow.end(), known),
                "an account that is not there");
    }
    for (const journal::Posting& x : d.ledger.postings())
        require(is_near(x.amount.micro) && x.from.subject < static_cast<std::int32_t>(sites),
                "a posting out of range");
    for (const market::BidStep& s : d.ladder.steps)
        require(s.hour >= 0 && static_cast<std::size_t>(s.hour) < hours && is_near(s.power_w),
                "a bid for no hour");
    require(d.award.power_w.empty() || d.award.power_w.size() == hours, "an award for no hour");
    for (const settle::Obligation& o : d.obligations)
        require(o.hour >= 0 && static_cast<std::size_t>(o.hour) < d.award.power_w.size() &&
                    o.interval >= 0 && o.interval < p.desk.calendar.count,
                "an obligation outside the run");
    if (d.baseline) {
        const settle::Baseline& b = *d.baseline;
        require(b.sites == static_cast<std::int32_t>(sites) && b.first_interval >= 0 &&
                    b.count >= 0 && b.count <= p.desk.calendar.count - b.first_interval &&
                    b.wh.size() == sites * static_cast<std::size_t>(b.count),
                "a baseline of another run");
    }
    for (const settle::Settlement& s : d.settlements)
        require(s.sites.size() == sites, "a settlement of other sites");
    require(d.issues.size() <= 1, "more than one latest forecast");
}

void check_queue(const Plan& p, const State& s) {
    constexpr auto handlers = static_cast<std::uint32_t>(handler_count);
    const des::SavedQueue q = s.queue.save();
    require(q.next_sequence.size() <= handlers, "events of nobody");
    require(q.events.size() <= handlers + p.script.size() + p.switching.size(),
            "more events than there are");
    for (const des::Event& e : q.events) {
        require(e.key.at >= s.now && is_time(e.key.at.ns) && e.key.stage <= des::Stage::record &&
                    e.key.source < handlers && e.body.handler < handlers,
                "an event that cannot be");
        if (e.body.handler == static_cast<std::uint32_t>(Handler::script))
            require(e.body.payload[0] >= 0 &&
                        static_cast<std::size_t>(e.body.payload[0]) < p.script.size(),
                    "a scripted event that is not scripted");
        if (e.body.handler == static_cast<std::uint32_t>(Handler::switching))
            require(e.body.payload[0] >= 0 &&
                        static_cast<std::size_t>(e.body.payload[0]) < p.switching.size(),
                    "a switching that is not scripted");
    }
}

void check_state(const Plan& p, const State& s) {
    require(s.now >= p.when.warmup_begin && s.now <= p.when.end + p.step &&
                (s.now - p.when.warmup_begin).ns % p.step.ns == 0,
            "an instant outside the run");
    require(s.stage <= des::Stage::record, "a stage that is none");
    require(are_flags(s.alive), "a flag");
    for (const LaneFailure& f : s.failures) require(f.status <= Status::limit, "a status");
    for (const std::uint8_t m : s.control.mode.all())
        require(m <= static_cast<std::uint8_t>(device::ControlMode::ramping), "a control mode");
    for (std::size_t r = 0; r < device::register_count; ++r) {
        for (const std::int64_t e : s.meter.energy_uj[r].all())
            require(e >= 0 && e < far, "a meter");
        for (const std::int64_t e : s.meter.latched_wh[r].all())
            require(e >= 0 && e < far, "a meter");
    }
    for (const auto* c : {&s.last_command_until, &s.last_command_tick, &s.acked_until})
        for (const std::int64_t t : c->all()) require(is_time(t), "a command out of time");
    for (const auto* c : {&s.control.issued_ns, &s.control.valid_until_ns})
        for (const std::int64_t t : c->all())
            require(is_time(t) || t == journal::whole_scope.ns, "a command out of time");
    check_queue(p, s);
    if (s.telemetry)
        for (const comms::MessageRing* r : {&*s.telemetry, &*s.commands, &*s.acks}) check_ring(*r);
    for (const BatchChain& c : s.chains.all()) require(is_near(c.sequence), "a batch");
    for (std::size_t l = 0; l < p.width(); ++l) {
        check_desk(p, s.desks[l]);
        require(s.posted[l] <= s.desks[l].ledger.postings().size(), "postings told too early");
    }
    require(s.before_report.empty() || s.before_report.size() == 3, "message counts");
    for (const comms::MessageCounts& c : s.before_report)
        for (const auto* v : {&c.sent, &c.lost, &c.lost_in_outage, &c.delivered, &c.late})
            require(v->size() == p.width(), "message counts of other lanes");
}

void check_frame(const Plan& p, const Frame& f) {
    require(are_flags(f.reads.closed), "a flag");
    for (const std::int64_t t : f.reads.start_ns) require(is_time(t), "a read out of time");
    for (const Status s : f.reads.status) require(s <= Status::limit, "a status");
    for (const Status s : f.flow.status) require(s <= Status::limit, "a status");
    for (const powerflow::NodeIdx n : f.flow.worst_node)
        require(n.value < static_cast<std::int32_t>(f.v_pu.rows()), "a node that is not there");
    for (const auto* c : {&f.command_issued, &f.command_received, &f.command_until})
        for (const std::int64_t t : c->all()) require(is_time(t), "a command out of time");
    for (const JudgedBatch& j : f.judged)
        require(j.lane < p.width() && is_time(j.at.ns) && is_time(j.hour.ns) &&
                    j.verdict <= asset::BatchVerdict::register_break,
                "a batch of nobody");
}

/// What precedes the payload. Errors  CheckpointError for another file, format, version, Plan.
template <class A>
void archive_header(A& a, const Plan& plan, bool direct_control) {
    std::array<char, 8> mark = magic;
    std::uint32_t format = checkpoint_format;
    std::string version{version_string};
    asset::Digest digest = plan.digest;
    std::uint8_t direct = direct_control;
    a(mark, format);
    a.check(mark == magic, "these bytes are something else");
    a.check(format == checkpoint_format, "its format is of another version");
    a(version);
    a.check(version == version_string, "another version of the library made it");
    a(digest);
    a.check(digest == plan.digest, "it is of another scenario, seed, variants or worlds");
    a(direct);
    a.check(direct == direct_control, "its run had other options");
}

/// All that the stages of a step hand on; between steps, what the last one left to be read.
template <class A>
void archive_frame(A& a, Frame& frame, des::Stage stage, bool& is_solved) {
    auto flag = static_cast<std::uint8_t>(is_solved);
    a(flag);
    a.check(flag <= 1, "a flag");
    is_solved = flag != 0;
    if (stage != des::Stage::events)
        a(frame);
    else if (is_solved)
        archive_shown(a, frame);
}

std::span<const std::byte> undamaged(std::span<const std::byte> bytes) {
    constexpr std::size_t tail = std::tuple_size_v<asset::Digest>;
    require(bytes.size() >= magic.size() + tail, "the bytes end too early");
    for (std::size_t i = 0; i < magic.size(); ++i)
        require(static_cast<char>(bytes[i]) == magic[i], "these bytes are something else");
    const auto body = bytes.first(bytes.size() - tail);
    const asset::Digest sum = asset::sha256(as_bytes(body));
    require(std::equal(sum.begin(), sum.end(), as_bytes(bytes.last(tail)).begin()),
            "the bytes are damaged or cut off");
    return body;
}

}  // namespace

asset::Digest plan_digest(const Plan& plan) {
    std::vector<std::byte> out;
    Saver save(out);
    const auto add = [&](std::string text) { save(text); };
    // How the run is recorded and shown does not decide its bits; its inputs do.
    const auto describe = [&](scenario::Scenario s) {
        s.record = {};
        s.variants.clear();
        add(scenario::to_text(scenario::write_tree(s, true)));
    };
    describe(plan.base);
    for (std::size_t v = 0; v < plan.variants.size(); ++v) {
        add(plan.variant_names[v]);
        describe(plan.variants[v]);
    }
    for (Lane lane : plan.lanes) save(lane.world, lane.variant);
    for (const auto& [key, file] : plan.base.input_files) {
        // What these held is in the text above, from wherever it came.
        if (key.starts_with("shapes.") || key.starts_with("comms.")) continue;
        std::ifstream in(file, std::ios::binary);
        add(key);
        add(std::string(std::istreambuf_iterator<char>(in), {}));
    }
    for (const SiteUnit& s : plan.people.sites) add(s.name + " " + s.node);
    for (const BatteryUnit& b : plan.people.batteries) add(b.name);
    return asset::sha256(as_bytes(out));
}

std::vector<std::vector<std::byte>> Simulation::save_strategies() const {
    std::vector<std::vector<std::byte>> saved;
    for (const auto& s : strategies_) {
        try {
            saved.push_back(s->save());
        } catch (const std::exception& e) {
            throw CheckpointError(
                fmt::format("strategy '{}' cannot be saved: {}", s->name(), e.what()));
        }
    }
    return saved;
}

void Simulation::restore_strategies(const std::vector<std::vector<std::byte>>& saved) {
    require(saved.size() == strategies_.size(), "strategies of another run");
    for (std::size_t i = 0; i < saved.size(); ++i) {
        try {
            strategies_[i]->restore(saved[i]);
        } catch (const std::exception& e) {
            throw CheckpointError(fmt::format("strategy '{}' cannot be restored: {}",
                                              strategies_[i]->name(), e.what()));
        }
    }
}

std::vector<std::byte> Simulation::checkpoint() const {
    std::vector<std::byte> out;
    Saver save(out);
    archive_header(save, *plan_, options_.direct_control);
    // The lists of fields take what may change, for loading; a saver changes nothing.
    save(const_cast<State&>(state_));
    bool is_solved = is_solved_;
    archive_frame(save, const_cast<Frame&>(frame_), state_.stage, is_solved);
    std::vector<std::vector<std::byte>> strategies = save_strategies();
    save(strategies);
    const asset::Digest sum = asset::sha256(as_bytes(out));
    const auto tail = std::as_bytes(std::span(sum));
    out.insert(out.end(), tail.begin(), tail.end());
    return out;
}

Simulation Simulation::restore(std::shared_ptr<const Plan> plan, std::span<const std::byte> bytes,
                               SimulationOptions options) {
    Loader load(undamaged(bytes));
    archive_header(load, *plan, options.direct_control);
    Simulation sim(std::move(plan), options);
    try {
        load(sim.state_);
        require(sim.state_.stage <= des::Stage::record, "a stage that is none");
        archive_frame(load, sim.frame_, sim.state_.stage, sim.is_solved_);
        check_state(*sim.plan_, sim.state_);
        check_frame(*sim.plan_, sim.frame_);
    } catch (const ShapeError& e) {
        throw CheckpointError(std::string("not a usable checkpoint: ") + e.what());
    }
    std::vector<std::vector<std::byte>> strategies;
    load(strategies);
    require(load.left() == 0, "more bytes than fields");
    sim.restore_strategies(strategies);
    return sim;
}

std::uint64_t Simulation::hash(std::size_t lane, Room room) const {
    // The lists of fields take what may change, for loading; a hasher changes nothing.
    auto& state = const_cast<State&>(state_);
    LaneHasher own(lane);
    if (room < Room::forecast) {
        archive_room(own, state, room);
        return own.value();
    }
    std::uint64_t& known = desk_hash_[lane][static_cast<std::size_t>(room)];
    if (known == 0) {
        own.whole([&] { archive_room(own, state.desks[lane], room); });
        known = own.value();
    }
    if (room != Room::forecast && room != Room::settle) return known;
    ReadHash& reads = read_hash_[lane];
    const vpp::Desk& desk = state.desks[lane];
    for (std::size_t m = 0; m < desk.history.sites() && !reads.is_known; ++m)
        for (std::int32_t i = 0; i < plan_->desk.calendar.count; ++i)
            add_read(reads, desk, m, i, 1);
    reads.is_known = true;
    return known + (room == Room::forecast ? reads.history : reads.table);
}

void Simulation::add_read(ReadHash& sum, const vpp::Desk& desk, std::size_t member,
                          std::int32_t interval, std::uint64_t sign) {
    const auto site = static_cast<std::int32_t>(member);
    const auto at = static_cast<std::size_t>(interval);
    std::uint64_t place = member * desk.history.intervals() + at;
    forecast::Read read = desk.history.cells()[place];
    settle::Reading reading = desk.table.reading(site, interval);
    SimTime received = desk.table.received(site, interval);
    LaneHasher history(0), table(0);
    history(place, read);
    table(place, reading, received);
    sum.history += sign * history.value();
    sum.table += sign * table.value();
}

void Simulation::take_read(std::size_t lane, std::size_t member, const asset::MeterRead& read,
                           SimTime received) {
    vpp::Desk& desk = state_.desks[lane];
    const std::int32_t i = plan_->desk.calendar.index(read.t_start);
    const bool is_summed = read_hash_[lane].is_known && i >= 0;
    constexpr std::uint64_t minus = ~std::uint64_t{0};
    if (is_summed) add_read(read_hash_[lane], desk, member, i, minus);
    vpp::take_read(desk, plan_->desk, static_cast<int>(member), read, received);
    if (is_summed) add_read(read_hash_[lane], desk, member, i, 1);
}

Simulation Simulation::fork() const {
    const std::vector<std::vector<std::byte>> strategies = save_strategies();
    Simulation other(plan_, options_);
    other.state_ = state_;
    other.frame_ = frame_;
    other.is_solved_ = is_solved_;
    other.restore_strategies(strategies);
    return other;
}

}  // namespace gridflock::inline v0::sim
