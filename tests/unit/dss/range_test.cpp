// SPDX-License-Identifier: Apache-2.0
// Values that a script may not hold: each is refused with its line, value, rule and remedy.
#include <test.hpp>

#include <gridflock/dss/report.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace gridflock;
namespace fs = std::filesystem;

namespace {

/// The faults of a script whose third line and after are `lines`, without the file's folder.
std::vector<std::string> faults_of(const std::string& lines,
                                   const dss::PowerflowOptions& options = {}) {
    const fs::path file =
        fs::temp_directory_path() / ("gridflock_range_" + std::to_string(::getpid()) + ".dss");
    std::ofstream(file) << "clear\nnew circuit.c basekv=4.16 bus1=a\n" << lines << "\n";
    std::vector<std::string> out;
    try {
        dss::run_powerflow(file, options);
    } catch (const ScenarioError& error) {
        for (Fault fault : error.faults()) {
            if (!fault.at.file.empty()) fault.at.file = "f.dss";
            out.push_back(fault.text());
        }
    }
    fs::remove(file);
    return out;
}

struct Case {
    const char* line;
    const char* fault;  ///< after "f.dss:3: "
};

const std::string no_number =
    "must be a number, or numbers and operators in brackets (write e.g. 12.47 or (8 1000 /))";

}  // namespace

TEST_CASE("range: a word or an overflow is no number") {
    const Case cases[] = {
        {"new load.x bus1=a kw=nan", "load.x.kw = 'nan'"},
        {"new load.x bus1=a kw=inf", "load.x.kw = 'inf'"},
        {"new load.x bus1=a kw=-Infinity", "load.x.kw = '-Infinity'"},
        {"new load.x bus1=a kw=1e400", "load.x.kw = '1e400'"},
        {"new line.x bus1=a bus2=b length=nan", "line.x.length = 'nan'"},
        {"new line.x bus1=a bus2=b rmatrix=[1 | nan 1 | 0 0 1]", "line.x.rmatrix = 'nan'"},
        {"new loadshape.x npts=2 mult=[1 nan]", "loadshape.x.mult = 'nan'"},
        {"new vsource.x bus1=a angle=nan", "vsource.x.angle = 'nan'"},
        {"set loadmult=nan", "set.loadmult = 'nan'"},
        {"set voltagebases=[inf]", "set.voltagebases = 'inf'"},
    };
    for (const Case& c : cases) {
        INFO(c.line);
        CHECK(faults_of(c.line) ==
              std::vector<std::string>{std::string("f.dss:3: ") + c.fault + ": " + no_number});
    }
    CHECK(faults_of("new load.x bus1=a kvar=(nan)") ==
          std::vector<std::string>{"f.dss:3: load.x.kvar = 'nan': must be a number, or numbers and "
                                   "operators in brackets: 'nan' is neither a number nor an "
                                   "operator (write e.g. 12.47 or (8 1000 /))"});
    CHECK(faults_of("new load.x bus1=a kw=(1 0 /)") ==
          std::vector<std::string>{"f.dss:3: load.x.kw = '1 0 /': must come to a finite number "
                                   "(look for a division by 0)"});
}

TEST_CASE("range: values outside are refused with the rule and a remedy") {
    const std::string kv = ": must be above 0 (write the rated voltage in kV)";
    const std::string kva = ": must be above 0 (write the rated power in kVA)";
    const std::string count = ": must be a whole number from 1 to 100 (write e.g. 1 or 3)";
    const std::string pf =
        ": must be from -1 to 1 and not 0 (write e.g. 0.95, or -0.95 where Q "
        "has the sign against P)";
    const std::string length = ": must be above 0 (write the length in the line's units)";
    const std::string ohm = ": must be 0 or more (write the resistance in ohms)";
    const std::string tap = ": must be from 0.1 to 10 (write a ratio, e.g. 1.05)";
    const std::pair<const char*, std::string> cases[] = {
        {"new load.x bus1=a kv=-1", "load.x.kv = '-1'" + kv},
        {"new load.x bus1=a kv=0", "load.x.kv = '0'" + kv},
        {"new load.x bus1=a pf=0", "load.x.pf = '0'" + pf},
        {"new load.x bus1=a pf=3", "load.x.pf = '3'" + pf},
        {"new load.x bus1=a pf=-1.01", "load.x.pf = '-1.01'" + pf},
        {"new load.x bus1=a phases=0", "load.x.phases = '0'" + count},
        {"new generator.x bus1=a kv=0", "generator.x.kv = '0'" + kv},
        {"new generator.x bus1=a pf=2", "generator.x.pf = '2'" + pf},
        {"new capacitor.x bus1=a kv=-4", "capacitor.x.kv = '-4'" + kv},
        {"new capacitor.x bus1=a phases=-3", "capacitor.x.phases = '-3'" + count},
        {"new reactor.x bus1=a kv=0", "reactor.x.kv = '0'" + kv},
        {"new line.x bus1=a bus2=b length=-3", "line.x.length = '-3'" + length},
        {"new line.x bus1=a bus2=b length=0", "line.x.length = '0'" + length},
        {"new line.x bus1=a bus2=b phases=0", "line.x.phases = '0'" + count},
        {"new line.x bus1=a bus2=b r1=-5", "line.x.r1 = '-5'" + ohm},
        {"new linecode.x nphases=0", "linecode.x.nphases = '0'" + count},
        {"new linecode.x r1=-1", "linecode.x.r1 = '-1'" + ohm},
        {"new transformer.x windings=1",
         "transformer.x.windings = '1': a transformer has 2 windings or more (write 2 or 3)"},
        {"new transformer.x phases=0 buses=[a b]", "transformer.x.phases = '0'" + count},
        {"new transformer.x buses=[a b] kvs=[4 -1]", "transformer.x.kvs = '-1'" + kv},
        {"new transformer.x buses=[a b] kva=0", "transformer.x.kva = '0'" + kva},
        {"new transformer.x buses=[a b] taps=[1 0]", "transformer.x.taps = '0'" + tap},
        {"new xfmrcode.x kvas=[-1 5]", "xfmrcode.x.kvas = '-1'" + kva},
        {"new vsource.x bus1=a basekv=0", "vsource.x.basekv = '0'" + kv},
        {"set defaultbasefrequency=0",
         "set.defaultbasefrequency = '0': must be above 0 (write a frequency in Hz, e.g. 60)"},
    };
    for (const auto& [line, fault] : cases) {
        INFO(line);
        CHECK(faults_of(line) == std::vector<std::string>{"f.dss:3: " + fault});
    }
}

TEST_CASE("range: all faults of a script at once, and what is legal stays so") {
    CHECK(faults_of("new load.x bus1=a kv=0 pf=0\nnew load.y bus1=a kw=nan").size() == 3);
    CHECK(faults_of("new load.x bus1=a kw=-5 pf=-1\nnew line.l bus1=a bus2=b r1=0 x1=1").empty());
}

TEST_CASE("range: tolerance and iterations of a power flow") {
    const std::string rule =
        "must be a finite number above 0 (write a voltage change in pu, e.g. "
        "1e-10)";
    CHECK(faults_of("", {0, 100, "off", ""}) == std::vector<std::string>{"tolerance = 0: " + rule});
    CHECK(faults_of("", {-1, 0, "off", ""}) ==
          std::vector<std::string>{"tolerance = -1: " + rule,
                                   "max_iterations = 0: must be 1 or more (100 is usual)"});
    CHECK(faults_of("", {NAN, 100, "off", ""}) ==
          std::vector<std::string>{"tolerance = nan: " + rule});
}
