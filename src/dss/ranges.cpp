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
constexpr Range tap{0.1, 10, false, 1, "must be from 0.1 to 10", "write a ratio, e.g. 1.05"};
constexpr Range tap_end{-10, 10, false, 1, "must be from -10 to 10", "write a ratio, e.g. 1.1"};
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

constexpr Range load_model{1, 8, false, 1, "must be a model from 1 to 8", "1 is constant power"};
constexpr Range generator_model{
    1, 7, false, 1, "must be a model from 1 to 7", "1 is constant power"};
constexpr Range any_but_zero{-1e100, 1e100, false, 1, "must not be 0", "write a number", true};
constexpr Range number_of_taps{
    1, 1e4, false, 32, "must be a whole number from 1 to 10000", "32 is usual"};
constexpr Range state{0, 1, false, 1, "must be 0 or 1 a step", "1 is on, 0 is off"};
constexpr Range strands{
    1, 1000, false, 1, "must be a whole number from 1 to 1000", "write the number of strands"};
constexpr Range year{0, 1000, false, 0, "must be a year of the study, from 0", "write e.g. 1"};
constexpr Range lap{0, 99, false, 20, "must be from 0 to 99", "20 is usual"};
constexpr Range terminal{1, 100, false, 1, "must be 1 or more", "write 1 or 2"};

struct Entry {
    std::string_view class_name, property;
    const Range& range;
};

constexpr Entry entries[] = {
    {"load", "phases", count},
    {"load", "kv", rated_kv},
    {"load", "pf", power_factor},
    {"load", "kva", not_negative},
    {"load", "model", load_model},
    {"load", "vlowpu", not_negative},
    {"load", "kwh", not_negative},
    {"load", "cfactor", not_negative},
    {"load", "allocationfactor", not_negative},
    {"load", "xfkva", not_negative},
    {"load", "kwhdays", positive},
    {"load", "vminpu", not_negative},
    {"load", "vmaxpu", positive},
    {"generator", "phases", count},
    {"generator", "kv", rated_kv},
    {"generator", "model", generator_model},
    {"generator", "vminpu", not_negative},
    {"generator", "vmaxpu", positive},
    {"generator", "pf", power_factor},
    {"generator", "vminpu", not_negative},
    {"generator", "vmaxpu", not_negative},
    {"generator", "vpu", positive},
    {"pvsystem", "phases", count},
    {"pvsystem", "kv", rated_kv},
    {"pvsystem", "kva", rated_kva},
    {"pvsystem", "pf", power_factor},
    {"pvsystem", "irradiance", not_negative},
    {"pvsystem", "pmpp", not_negative},
    {"pvsystem", "%pmpp", percent},
    {"pvsystem", "%cutin", percent},
    {"pvsystem", "%cutout", percent},
    {"pvsystem", "vminpu", not_negative},
    {"pvsystem", "vmaxpu", not_negative},
    {"storage", "phases", count},
    {"storage", "kv", rated_kv},
    {"storage", "kva", rated_kva},
    {"storage", "pf", power_factor},
    {"storage", "kwrated", rated_kva},
    {"storage", "kwhrated", positive},
    {"storage", "kwhstored", not_negative},
    {"storage", "%stored", percent},
    {"storage", "%reserve", percent},
    {"storage", "%discharge", percent},
    {"storage", "%charge", percent},
    {"storage", "%idlingkw", percent},
    {"storage", "vminpu", not_negative},
    {"storage", "vmaxpu", not_negative},
    {"isource", "phases", count},
    {"energymeter", "terminal", count},
    {"set", "numallociterations", count},
    {"line", "phases", count},
    {"line", "length", length},
    {"line", "r1", resistance},
    {"line", "r0", resistance},
    {"line", "rho", positive},
    {"line", "c1", not_negative},
    {"line", "c0", not_negative},
    {"line", "b1", not_negative},
    {"line", "b0", not_negative},
    {"linecode", "rho", positive},
    {"linecode", "nphases", count},
    {"linecode", "r1", resistance},
    {"linecode", "r0", resistance},
    {"linecode", "c1", not_negative},
    {"linecode", "c0", not_negative},
    {"linecode", "b1", not_negative},
    {"linecode", "b0", not_negative},
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
    {"transformer", "%noloadloss", percent},
    {"transformer", "%imag", percent},
    {"transformer", "xhl", positive},
    {"transformer", "xht", positive},
    {"transformer", "xlt", positive},
    {"transformer", "x12", positive},
    {"transformer", "x13", positive},
    {"transformer", "x23", positive},
    {"transformer", "xscarray", positive},
    {"transformer", "maxtap", tap_end},
    {"transformer", "mintap", tap_end},
    {"transformer", "numtaps", number_of_taps},
    {"transformer", "ppm_antifloat", not_negative},
    {"capacitor", "phases", count},
    {"capacitor", "kv", rated_kv},
    {"capacitor", "cuf", not_negative},
    {"capacitor", "numsteps", count},
    {"capacitor", "states", state},
    {"capacitor", "r", resistance},
    {"reactor", "phases", count},
    {"reactor", "kvar", any_but_zero},
    {"reactor", "r", resistance},
    {"regcontrol", "winding", terminal},
    {"regcontrol", "tapwinding", terminal},
    {"regcontrol", "ptratio", positive},
    {"wiredata", "rdc", positive},
    {"wiredata", "rac", positive},
    {"wiredata", "gmrac", positive},
    {"wiredata", "radius", positive},
    {"wiredata", "diam", positive},
    {"wiredata", "capradius", positive},
    {"cndata", "k", strands},
    {"cndata", "diastrand", positive},
    {"cndata", "gmrstrand", positive},
    {"cndata", "rstrand", positive},
    {"tsdata", "diashield", positive},
    {"tsdata", "tapelayer", positive},
    {"tsdata", "tapelap", lap},
    {"cable", "epsr", positive},
    {"cable", "inslayer", positive},
    {"cable", "diains", positive},
    {"cable", "diacable", positive},
    {"linegeometry", "cond", terminal},
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
    {"vsource", "x1r1", positive},
    {"vsource", "x0r0", positive},
    {"vsource", "r1", resistance},
    {"vsource", "r0", resistance},
    {"set", "defaultbasefrequency", frequency},
    {"set", "voltagebases", rated_kv},
    {"set", "loadmult", not_negative},
    {"set", "genmult", not_negative},
    {"set", "year", year},
    {"set", "allocationfactors", not_negative},
};

}  // namespace

const Range* range_of(std::string_view class_name, std::string_view property) {
    if (property == "basefreq") return &frequency;
    if (class_name == "xfmrcode") class_name = "transformer";
    const bool is_cable = class_name == "cndata" || class_name == "tsdata";
    for (const Entry& e : entries) {
        const bool is_shared = is_cable && (e.class_name == "cable" || e.class_name == "wiredata");
        if ((e.class_name == class_name || is_shared) && e.property == property) return &e.range;
    }
    return nullptr;
}

}  // namespace gridflock::inline v0::dss
