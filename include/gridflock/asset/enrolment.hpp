// SPDX-License-Identifier: Apache-2.0
// Enrolment: an aggregator asks to bring devices into a programme as one aggregation. All or
// nothing: either the aggregation comes into being, or every reason against it is told and nothing
// changes.
#pragma once

#include <gridflock/asset/records.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gridflock::inline v0::asset {

enum class RefusalReason : std::uint8_t {
    unknown_programme,
    not_an_aggregator,
    empty_application,
    unknown_device,
    listed_twice,
    duplicate_serial,  ///< another device carries the same serial number
    already_enrolled,  ///< counted in another aggregation
    device_not_active,
    not_dispatchable,
    not_metered,      ///< the site has no meter
    no_consent,       ///< none, of somebody else, or not valid at the time
    wrong_grid_node,  ///< not behind the programme's feeder
    below_minimum,    ///< all devices together stay under the programme's least size
};

const char* to_text(RefusalReason reason);

struct Refusal {
    RefusalReason reason = RefusalReason::unknown_device;
    DeviceIdx device;  ///< invalid when the reason concerns the application as a whole
    std::string text;  ///< names, figures, and the rule
};

struct Application {
    std::string name;
    PartyIdx aggregator;
    ProgrammeIdx programme;
    std::vector<DeviceIdx> devices;
    SimTime at;
};

struct Enrolment {
    AggregationIdx aggregation;  ///< invalid when refused
    std::vector<Refusal> refusals;

    bool accepted() const { return refusals.empty(); }
    std::string text() const;  ///< one line a refusal, or "accepted"
};

/// Admits an application or says why not.
/// Unit     size of an aggregation W: the sum of its devices' p_max_w.
/// Changes  appends to portfolio.aggregations when accepted; nothing when refused.
/// Errors   none: refusals are values.
Enrolment enrol(Portfolio& portfolio, const Application& application);

}  // namespace gridflock::inline v0::asset
