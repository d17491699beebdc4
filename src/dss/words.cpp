// SPDX-License-Identifier: Apache-2.0
// The words of the language: commands and options. A shortened word means the first that begins
// with it, so the order is part of the meaning.
#include "registry.hpp"

#include <sstream>

namespace gridflock::inline v0::dss {

namespace {

constexpr std::string_view commands =
    "new edit more m ~ select save show solve enable disable plot reset compile set dump open "
    "close // redirect help quit ? next panel sample clear about calcvoltagebases setkvbase "
    "buildy get init export fileedit voltages currents powers seqvoltages seqcurrents seqpowers "
    "losses phaselosses cktlosses allocateloads formedit totals capacity classes userclasses "
    "zsc zsc10 zscrefresh ysc puvoltages varvalues varnames buscoords makebuslist makeposseq "
    "reduce interpolate alignfile top rotate vdiff summary distribute di_plot comparecases "
    "yearlycurves cd visualize closedi doscmd estimate reconductor _initsnap _solvenocontrol "
    "_samplecontrols _docontrolactions _showcontrolqueue _solvedirect _solvepflow addbusmarker "
    "uuids setloadandgenkv cvrtloadshapes nodediff rephase setbusxy updatestorage obfuscate "
    "latlongcoords batchedit pstcalc variable reprocessbuses clearbusmarkers relcalc var "
    "cleanup finishtimestep nodelist connect disconnect remove giscoords clearall comhelp "
    "newactor wait solveall ";

constexpr std::string_view options =
    "type element hour sec year frequency stepsize mode random number time class object circuit "
    "editor tolerance maxiterations h loadmodel loadmult normvminpu normvmaxpu emergvminpu "
    "emergvmaxpu %mean %stddev ldcurve %growth genkw genpf capkvar addtype allowduplicates "
    "zonelock ueweight lossweight ueregs lossregs voltagebases algorithm trapezoidal "
    "autobuslist controlmode tracecontrol genmult defaultdaily defaultyearly allocationfactors "
    "cktmodel pricesignal pricecurve terminal basefrequency harmonics maxcontroliter bus "
    "datapath keeplist reduceoption demandinterval %normal diverbose casename markercode "
    "nodewidth log recorder overloadreport voltexceptionreport cfactors showexport "
    "numallociterations defaultbasefrequency markswitches switchmarkercode daisysize "
    "marktransformers transmarkercode transmarkersize loadshapeclass earthmodel querylog "
    "markcapacitors markregulators markpvsystems markstorage capmarkercode regmarkercode "
    "pvmarkercode storemarkercode capmarkersize regmarkersize pvmarkersize storemarkersize "
    "neglectloady markfuses fusemarkercode fusemarkersize markreclosers reclosermarkercode "
    "reclosermarkersize registryupdate markrelays relaymarkercode relaymarkersize processtime "
    "totaltime steptime sampleenergymeters miniterations dssvisualizationtool keepload zmag "
    "seasonrating seasonsignal linetypes eventlogdefault longlinecorrection showreports numcpus "
    "numcores numactors activeactor cpu actorprogress parallel concatenatereports numanodes ";

std::vector<std::string> split(std::string_view words) {
    std::istringstream in{std::string(words)};
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

}  // namespace

const std::vector<std::string>& command_names() {
    static const std::vector<std::string> names = split(commands);
    return names;
}

const std::vector<std::string>& option_names() {
    static const std::vector<std::string> names = split(options);
    return names;
}

int match(std::string_view word, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == word) return static_cast<int>(i);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i].substr(0, word.size()) == word) return static_cast<int>(i);
    return -1;
}

}  // namespace gridflock::inline v0::dss
