// SPDX-License-Identifier: Apache-2.0
// The ranges of properties. A value outside its range is a fault; the script then runs on with a
// value inside, so that all its faults are found at once. Matrices, powers and reactances may have
// any sign.
#include "ranges.hpp"

namespace gridflock::inline v0::dss {

namespace {

constexpr Range count{
    1, 100, false, 1, "must be a whole number from 1 to 100", "write e.g. 1 or 3"};
constexpr Range windings{2, 100, false, 2, "a transformer has 2 windings or more", "write 2 or 3"};
constexpr Range rated_kv{0, 1e6, true, 1, "must be above 0", "write the rated voltage in kV"};
constexpr Range rated_kva{0, 1e12, true, 1, "must be above 0", "write the rated power in kVA"};
constexpr Range tap{0, 1e6, true, 1, "must be above 0", "write a ratio, e.g. 1.05"};
constexpr Range length{0, 1e9, true, 1, "must be above 0", "write the length in the line's units"};
constexpr Range resistance{0, 1e12, false, 0, "must be 0 or more", "write the resistance in ohms"};
constexpr Range percent{0, 1e6, false, 0, "must be 0 or more", "write a percentage"};
constexpr Range positive{0, 1e300, true, 1, "must be above 0", "write a number above 0"};
constexpr Range not_negative{0, 1e300, false, 0, "must be 0 or more", "write 0 or a number above"};
constexpr Range frequency{0, 1e6, true, 60, "must be above 0", "write a frequency in Hz, e.g. 60"};
constexpr Range power_factor{-1,
                             1,
                             false,
                             1,
                             "must be from -1 to 1 and not 0",
                             "write e.g. 0.95, or -0.95 where Q has the sign against P",
                             true};

struct Entry {
    std::string_view class_name, property;
    const Range& range;
};

constexpr Entry entries[] = {
    {"load", "phases", count},
    {"load", "kv", rated_kv},
    {"load", "pf", power_factor},
    {"load", "kva", not_negative},
    {"load", "xfkva", not_negative},
    {"load", "kwhdays", positive},
    {"load", "vminpu", not_negative},
    {"load", "vmaxpu", positive},
    {"generator", "phases", count},
    {"generator", "kv", rated_kv},
    {"generator", "pf", power_factor},
    {"line", "phases", count},
    {"line", "length", length},
    {"line", "r1", resistance},
    {"linecode", "nphases", count},
    {"linecode", "r1", resistance},
    {"linegeometry", "nconds", count},
    {"linegeometry", "nphases", count},
    {"linespacing", "nconds", count},
    {"linespacing", "nphases", count},
    {"transformer", "phases", count},
    {"transformer", "windings", windings},
    {"transformer", "kv", rated_kv},
    {"transformer", "kvs", rated_kv},
    {"transformer", "kva", rated_kva},
    {"transformer", "kvas", rated_kva},
    {"transformer", "tap", tap},
    {"transformer", "taps", tap},
    {"transformer", "%r", percent},
    {"transformer", "%rs", percent},
    {"transformer", "%loadloss", percent},
    {"capacitor", "phases", count},
    {"capacitor", "kv", rated_kv},
    {"reactor", "phases", count},
    {"reactor", "kv", rated_kv},
    {"fault", "phases", count},
    {"fault", "r", resistance},
    {"vsource", "phases", count},
    {"vsource", "basekv", rated_kv},
    {"vsource", "pu", not_negative},
    {"vsource", "mvasc3", positive},
    {"vsource", "mvasc1", positive},
    {"vsource", "isc3", positive},
    {"vsource", "isc1", positive},
    {"vsource", "basemva", positive},
    {"set", "defaultbasefrequency", frequency},
};

}  // namespace

const Range* range_of(std::string_view class_name, std::string_view property) {
    if (property == "basefreq") return &frequency;
    if (class_name == "xfmrcode") class_name = "transformer";
    for (const Entry& e : entries)
        if (e.class_name == class_name && e.property == property) return &e.range;
    return nullptr;
}

}  // namespace gridflock::inline v0::dss
