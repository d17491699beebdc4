// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/dss/interpret.hpp>
#include <gridflock/dss/report.hpp>

#include "dss/session.hpp"
#include "dss/tokens.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace gridflock;
namespace fs = std::filesystem;

namespace {

/// A folder of scripts that goes away with the test.
struct Scripts {
    fs::path folder;
    Scripts() {
        static int count = 0;
        folder = fs::temp_directory_path() /
                 ("gridflock_dss_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
        fs::create_directories(folder);
    }
    ~Scripts() { fs::remove_all(folder); }
    fs::path write(const std::string& name, const std::string& text) const {
        const fs::path file = folder / name;
        fs::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }
    dss::Interpretation run(const std::string& text) const {
        return dss::interpret(write("main.dss", text));
    }
    std::vector<Fault> faults(const std::string& text) const {
        try {
            run(text);
        } catch (const ScenarioError& error) {
            return error.faults();
        }
        return {};
    }
};

const std::string head = "clear\nnew circuit.c basekv=4.16 bus1=a\n";

}  // namespace

TEST_CASE("tokens: names, values, quotes and comments") {
    dss::Tokens tokens("New Line.A bus1=x.1.2, kvs=[4.16 0.48] xhl=(8 1000 /) // rest = 1");
    dss::Parameter p;
    REQUIRE(tokens.next(p));
    CHECK(p.value == "New");
    REQUIRE(tokens.next(p));
    CHECK(p.value == "Line.A");
    REQUIRE(tokens.next(p));
    CHECK(p.name == "bus1");
    CHECK(p.value == "x.1.2");
    REQUIRE(tokens.next(p));
    CHECK(p.value == "4.16 0.48");
    CHECK(p.is_quoted);
    REQUIRE(tokens.next(p));
    CHECK(p.name == "xhl");
    CHECK(p.value == "8 1000 /");
    CHECK_FALSE(tokens.next(p));
}

TEST_CASE("tokens: blanks around the equal sign") {
    dss::Tokens tokens("mode = snap kW=  60.0");
    dss::Parameter p;
    REQUIRE(tokens.next(p));
    CHECK(p.name == "mode");
    CHECK(p.value == "snap");
    REQUIRE(tokens.next(p));
    CHECK(p.value == "60.0");
}

TEST_CASE("numbers: reverse Polish expressions, arrays and matrices") {
    const dss::MemoryFiles files({});
    dss::Session s(files);
    CHECK(s.number({"8 1000 /", true}) == Approx(0.008));
    CHECK(s.number({"0.4 3 sqrt /", true}) == Approx(0.4 / std::sqrt(3.0)));
    CHECK(s.number({"0.00625 12 * 1 +", true}) == Approx(1.075));
    CHECK(s.number({"1.051 0.88 0.001 3 * - - 115 12.47 / sqr *", true}) ==
          Approx((1.051 - (0.88 - 0.003)) * (115 / 12.47) * (115 / 12.47)));
    CHECK(s.numbers({"1, 2.5 (4 2 /)", true}) == std::vector<double>{1, 2.5, 2});
    CHECK(s.symmetric({"1 | 2 3", true}, 2) == std::vector<double>{1, 2, 2, 3});
    CHECK(s.faults.empty());
    CHECK(s.number({"12k", false}) == 0);
    CHECK(s.faults.size() == 1);
}

TEST_CASE("script: positional values, abbreviations, more and like") {
    const Scripts scripts;
    const auto out = scripts.run(head +
                                 "new line.l1 a b\n~ len=2 r1=0.1 0.2 0.3 0.4 c1=0 c0=0\n"
                                 "new load.d1 bus=b phases=1 kv=2.4 kw=10 pf=0.8\n"
                                 "new load.d2 like=d1 bus1=b.2 kw=20\n");
    REQUIRE(out.circuit.lines.size() == 1);
    const grid::Line& line = out.circuit.lines[0];
    CHECK(line.z_ohm(0, 0).real() == Approx(2 * (2 * 0.1 + 0.3) / 3));
    CHECK(line.z_ohm(0, 1).imag() == Approx(2 * (0.4 - 0.2) / 3));
    CHECK(line.at.line == 3);
    REQUIRE(out.circuit.loads.size() == 2);
    CHECK(out.circuit.loads[0].q_var == Approx(7500));
    CHECK(out.circuit.loads[1].p_w == Approx(20e3));
    CHECK(out.circuit.loads[1].q_var == Approx(15000));
    CHECK(out.circuit.loads[1].at_bus.nodes == std::vector<int>{2, 0});
    CHECK(out.warnings.empty());
}

TEST_CASE("script: the last of kw, pf, kvar and kva decides") {
    const Scripts scripts;
    const auto out = scripts.run(head +
                                 "new load.a bus1=a kw=100 kvar=50\n"
                                 "new load.b bus1=a kvar=50 kw=100 pf=0.8\n"
                                 "new load.c bus1=a kva=100 pf=-0.6\n"
                                 "new load.d bus1=a pf=1 xfkva=50 allocationfactor=0.4\n");
    CHECK(out.circuit.loads[0].q_var == Approx(50e3));
    CHECK(out.circuit.loads[1].q_var == Approx(75e3));
    CHECK(out.circuit.loads[2].p_w == Approx(60e3));
    CHECK(out.circuit.loads[2].q_var == Approx(-80e3));
    CHECK(out.circuit.loads[3].p_w == Approx(20e3));
}

TEST_CASE("script: implicit edits, batchedit, disable, open and close act in order") {
    const Scripts scripts;
    const auto out =
        scripts.run(head +
                    "new line.l1 bus1=a bus2=b\nnew line.l2 bus1=b bus2=c\n"
                    "new load.x1 bus1=b\nnew load.x2 bus1=c\nnew load.y bus1=c\n"
                    "load.x1.vminpu=0.8\nload.y.kw=7 kvar=3\n"
                    "batchedit load.x.* vmaxpu=1.2\n"
                    "disable load.x2\nopen line.l2 2\nopen line.l1 1\nclose line.l1 1\n");
    REQUIRE(out.circuit.loads.size() == 2);
    CHECK(out.circuit.loads[0].v_min_pu == Approx(0.8));
    CHECK(out.circuit.loads[0].v_max_pu == Approx(1.2));
    CHECK(out.circuit.loads[1].v_max_pu == Approx(1.05));
    CHECK(out.circuit.loads[1].p_w == Approx(7000));
    CHECK(out.circuit.lines[1].to.is_open == std::vector<std::uint8_t>{1, 1, 1});
    CHECK(out.circuit.lines[0].from.is_open == std::vector<std::uint8_t>{0, 0, 0});
    REQUIRE(out.warnings.size() == 1);  // c hangs on an open line
    CHECK(out.warnings[0].found == "bus 'c'");
}

TEST_CASE("script: redirected files are found whatever their case and slashes") {
    const Scripts scripts;
    scripts.write("Parts/Lines.DSS", "new line.l1 bus1=a bus2=b\nredirect more\\LOADS\n");
    scripts.write("Parts/More/loads.dss", "new load.d bus1=b\n");
    const auto out = scripts.run(head + "Redirect parts\\lines.dss\nnew load.e bus1=a\n");
    CHECK(out.circuit.loads.size() == 2);
    CHECK(fs::path(out.circuit.loads[0].at.file).filename() == "loads.dss");
    CHECK(out.circuit.loads[0].at.line == 1);
}

TEST_CASE("script: solve, show, plot and export are passed over") {
    const Scripts scripts;
    const auto out = scripts.run(head +
                                 "new load.d bus1=a\nsolve mode=snap\nshow voltages\nplot profile\n"
                                 "export voltages\n/* solve\nnew load.e bus1=a\n*/\n");
    CHECK(out.circuit.loads.size() == 1);
    CHECK(out.warnings.empty());
}

TEST_CASE("script: bases come from the nearest legal voltage") {
    const Scripts scripts;
    const auto out = scripts.run(head +
                                 "new transformer.t phases=3 windings=2 buses=[a b] "
                                 "conns=[delta wye] kvs=[4.16 0.48] kvas=[500 500]\n"
                                 "set voltagebases=[4.16 0.48]\ncalcv\n");
    CHECK(out.circuit.bus(out.circuit.find_bus("a")).base_v == Approx(4160 / std::sqrt(3.0)));
    CHECK(out.circuit.bus(out.circuit.find_bus("b")).base_v == Approx(480 / std::sqrt(3.0)));
}

TEST_CASE("script: an unknown property or class is named once, with the nearest known word") {
    const Scripts scripts;
    const auto out = scripts.run(head +
                                 "new load.d bus1=a kwatt=5\nnew load.e bus1=a kwatt=6\n"
                                 "new laod.f bus1=a\n~ kw=3\n");
    REQUIRE(out.warnings.size() == 2);
    CHECK(out.warnings[0].at.line == 3);
    CHECK(out.warnings[0].found.find("kwatt") != std::string::npos);
    CHECK(out.warnings[0].remedy.find("kw") != std::string::npos);
    CHECK(out.warnings[1].remedy.find("'load'") != std::string::npos);
    CHECK(out.circuit.loads.size() == 2);
}

TEST_CASE("script: every malformed number is a fault with file, line and path") {
    const Scripts scripts;
    const auto faults =
        scripts.faults(head + "new load.d bus1=a kw=ten\nnew load.e bus1=a kv=(1 2 foo)\n");
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].at.line == 3);
    CHECK(faults[0].at.path == "load.d.kw");
    CHECK(faults[0].found == "'ten'");
    CHECK(faults[1].at.line == 4);
}

TEST_CASE("script: missing files, cycles, no circuit and bad nodes are refused") {
    const Scripts scripts;
    CHECK_THROWS_AS(dss::interpret(scripts.folder / "nothing.dss"), IoError);
    const auto missing = scripts.faults(head + "redirect lines.dss\n");
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].at.line == 3);
    scripts.write("other.dss", "redirect main.dss\n");
    const auto cycle = scripts.faults(head + "redirect other.dss\n");
    REQUIRE(cycle.size() == 1);
    CHECK(cycle[0].rule.find("itself") != std::string::npos);
    CHECK_FALSE(scripts.faults("set voltagebases=[4]\n").empty());
    CHECK_FALSE(scripts.faults("new load.d bus1=a\n").empty());
    CHECK_FALSE(scripts.faults(head + "new load.d bus1=a.one\n").empty());
}

TEST_CASE("script: a bus that no line reaches is named and has no voltage") {
    const Scripts scripts;
    const auto file = scripts.write(
        "main.dss", head + "new line.l bus1=island bus2=b\nnew load.d bus1=island kw=10\n");
    const auto report = dss::run_powerflow(file);
    REQUIRE(report.warnings.size() == 2);
    CHECK(report.warnings[0].found == "bus 'island'");
    CHECK(report.warnings[0].at.line == 3);
    CHECK(report.converged);
    CHECK(report.nodes.back().v_volt == 0);
    const auto faults =
        scripts.faults(head + "new line.l bus1=a bus2=main\nnew load.d bus1=mian.1\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].at.line == 4);
    CHECK(faults[0].at.path == "load.d.bus1");
    CHECK(faults[0].rule == "no line or transformer reaches the bus of this load");
    CHECK(faults[0].remedy == "did you mean 'main'?");
}

TEST_CASE("script: controls other than off are refused") {
    const Scripts scripts;
    const auto file = scripts.write("main.dss", head);
    CHECK_THROWS_AS(dss::run_powerflow(file, {1e-10, 100, "static", ""}), ScenarioError);
}
