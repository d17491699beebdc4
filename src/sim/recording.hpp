// SPDX-License-Identifier: Apache-2.0
// What a simulation hands to its sinks: the layout, samples of each group, rows of the tables.
#pragma once

#include <gridflock/record/sink.hpp>
#include <gridflock/sim/plan.hpp>
#include <gridflock/sim/state.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gridflock::inline v0::sim {

class Simulation;

class Recording {
public:
    explicit Recording(const Plan& plan);

    void attach(record::Sink& sink) { sinks_.push_back(&sink); }
    void begin();
    void step(const Simulation& sim);        ///< head, node, device, site, meter; judged batches
    void dispatched(const Simulation& sim);  ///< telemetry, fleet
    void forecast(const Simulation& sim, std::size_t lane);
    void placed(const Simulation& sim, SimTime at, std::size_t lane);  ///< a bid
    void awarded(const Simulation& sim, std::size_t lane);
    void settled(const Simulation& sim, std::size_t lane);
    void failed(const LaneFailure& failure);
    void switched(const SwitchedStep& s);
    void end(const Simulation& sim, record::RunStatus status, const std::string& reason);

    /// For reading without a sink: once, before read and labels.
    void begin_reading();
    Column<double> read(const Simulation& sim, const record::Variable& v) const;
    std::vector<std::string> labels(const std::string& group) const;

private:
    /// A column [row, lane] of one variable: one that is there already, or `room` when filled.
    using View = std::function<ColumnView<const double>(const Simulation&, Column<double>& room)>;

    /// `cell`: (simulation, row, lane) -> value.
    template <class Cell>
    void define(const std::string& name, Cell cell);
    /// `column`: simulation -> a column of its State or Frame.
    template <class Whole>
    void define_column(const std::string& name, Whole column);
    /// Of devices: `pv` and `battery` (simulation, cells [row, lane]) fill their share.
    template <class Pv, class Battery>
    void define_device(const std::string& name, Pv pv, Battery battery);
    void define_all();
    void define_head();
    void define_units();
    void define_meters();
    void define_fleet();
    void choose_variables();
    void add_entities();
    void write(const Simulation& sim, const std::string& group, SimTime at);
    void row(const std::string& table, const std::vector<record::Cell>& cells);
    std::vector<record::Cell> lane_cells(std::size_t lane) const;
    std::int32_t world_position(std::int32_t world) const;
    void hashes(const Simulation& sim);
    void static_tables();
    void postings(const Simulation& sim, std::size_t lane);
    void message_counts(const Simulation& sim);
    void anchors(const Simulation& sim);

    const Plan& plan_;
    record::Layout layout_;
    std::map<std::string, View> views_;
    std::map<std::string, std::vector<Column<double>>> scratch_;  // [group] its variables
    std::vector<record::Sink*> sinks_;
    bool is_on_ = false;
};

/// The tables of a results file, empty.
std::vector<record::Table> result_tables();
/// Only in the results of a study that switches.
record::Table switching_table();
record::Header result_header(const Plan& plan);

}  // namespace gridflock::inline v0::sim
