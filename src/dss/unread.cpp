// SPDX-License-Identifier: Apache-2.0
// Properties that are not read, and what each does to a snapshot: nothing, or something that the
// report of elements and a warning then name. tests/unit/dss/reading_test.cpp walks all classes, so
// that no property is forgotten here.
#include "session.hpp"

#include <algorithm>

namespace gridflock::inline v0::dss {

namespace {

struct Effect {
    std::string_view class_name, property;  ///< class "" = all
    const char* effect;
};

constexpr const char* none = "";
constexpr const char* curve = "the curve of the element does not follow it";

constexpr Effect effects[] = {
    {"reactor", "rcurve", "R does not follow the frequency"},
    {"reactor", "lcurve", "L does not follow the frequency"},
    {"vsource", "frequency", "the source has the frequency of the circuit"},
    {"growthshape", "sngfile", curve},
    {"growthshape", "dblfile", curve},
    {"generator", "usermodel", "the user's own model is not run"},
    {"pvsystem", "usermodel", "the user's own model is not run"},
    {"storage", "usermodel", "the user's own model is not run"},
    // marks of the active point, answers
    {"xycurve", "x y xshift yshift xscale yscale", none},
    // OpenDSS takes the neutral's impedance out of the load's current again
    {"load", "rneut xneut", none},
    {"energymeter", "action option kvanormal kvaemerg localonly mask losses linelosses", none},
    {"energymeter", "xfmrlosses seqlosses 3phaselosses vbaselosses phasevoltagereport", none},
    {"energymeter", "int_rate int_duration saifi saifikw saidi caidi custinterrupts", none},
    {"energymeter", "zonelist", "loads are allocated in the zone that the branches show"},
    // other problems than a snapshot: thermal limits, reliability, harmonics, dynamics, direct
    // current, time series, controls, statistics, drawings
    {"", "normamps emergamps faultrate pctperm repair seasons ratings linetype spectrum", none},
    {"", "scantype yearly daily duty tyearly tdaily tduty class debugtrace dutystart", none},
    {"", "dynamiceq dynout dynadll dynadata userdata shaftmodel shaftdata", none},
    {"", "kvdc kp pitol safevoltage safemode amplimit amplimitgain %r %x", none},
    {"transformer", "thermal n m flrise hsrise normhkva emerghkva sub subname xrconst", none},
    {"transformer", "wdgcurrents core rdcohms", none},
    {"load", "vminnorm vminemerg %mean %stddev cvrcurve numcust %seriesrl relweight", none},
    {"load", "puxharm xrharm", none},
    {"loadshape", "hour mean stddev action pmax qmax pbase qbase memorymapping", none},
    {"loadshape", "interpolation", none},
    {"generator", "pvfactor kva mva xd xdp xdpp h d xrdp usefuel fuelkwh %fuel", none},
    {"generator", "%reserve refuel", none},
    {"storage", "%effcharge %effdischarge %idlingkvar timechargetrig", none},
    {"fault", "%stddev temporary minamps", none},
    {"regcontrol", "bus delay reversible revvreg revband revr revx tapdelay maxtapchange", none},
    {"regcontrol", "inversetime vlimit ptphase revthreshold revdelay revneutral eventlog", none},
    {"regcontrol", "remoteptratio reset ldc_z rev_z cogen", none},
    {"capcontrol", "terminal type ptratio ctratio onsetting offsetting delay voltoverride", none},
    {"capcontrol", "vmax vmin delayoff deadtime ctphase ptphase vbus eventlog usermodel", none},
    {"capcontrol", "pctminkvar reset controlsignal", none},
};

/// Whether the word stands in the list, blanks between.
bool lists(std::string_view list, std::string_view word) {
    for (std::size_t at = list.find(word); at != std::string_view::npos;
         at = list.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' '))
            return true;
    }
    return false;
}

}  // namespace

const char* effect_of(std::string_view class_name, std::string_view property) {
    if (class_name == "xfmrcode") class_name = "transformer";
    for (const Effect& e : effects)
        if ((e.class_name.empty() || e.class_name == class_name) && lists(e.property, property))
            return e.effect;
    return nullptr;
}

}  // namespace gridflock::inline v0::dss
