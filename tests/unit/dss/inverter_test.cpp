// SPDX-License-Identifier: Apache-2.0
// What PV systems, storages and generators of a script inject, and which of their values are
// refused.
// SOURCE  OpenDSS (dss_capi 0.14.5): powers of the elements of
// tests/validation/cases/elements/pv.dss, storage.dss and generator_voltage.dss as it prints them,
// kW and kvar.
#include <gridflock/dss/interpret.hpp>

#include <test.hpp>

#include "golden.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace gridflock;
namespace fs = std::filesystem;

namespace {

grid::Circuit read_case(const std::string& name) {
    return dss::interpret(golden::path("tests/validation/cases/elements/" + name + ".dss")).circuit;
}

const grid::Generator& generator(const grid::Circuit& circuit, const std::string& name) {
    for (const grid::Generator& g : circuit.generators)
        if (g.name == name) return g;
    FAIL("no generator " + name);
    return circuit.generators.front();
}

std::vector<std::string> faults_of(const std::string& line) {
    const fs::path file =
        fs::temp_directory_path() / ("gridflock_inverter_" + std::to_string(::getpid()) + ".dss");
    std::ofstream(file) << "clear\nnew circuit.c basekv=4.16 bus1=a\n" << line << "\n";
    std::vector<std::string> out;
    try {
        dss::run_powerflow(file);
    } catch (const ScenarioError& error) {
        for (const Fault& fault : error.faults()) out.push_back(fault.text());
    }
    fs::remove(file);
    return out;
}

}  // namespace

TEST_CASE("inverter: a PV system gives what its panel, efficiency, limits and priorities allow") {
    const grid::Circuit circuit = read_case("pv");
    const struct {
        const char* name;
        double kw, kvar;
    } wanted[] = {{"a", 34.74737778, 0}, {"b", 15.91838754, 12.10805262},
                  {"c", 20, 0},          {"d", 17, -10.53565375},
                  {"e", 0, 10},          {"f", 18, -9},
                  {"g", 25, 30},         {"h", 4.5, 0},
                  {"k", 7.2, 9.6},       {"l", 3.46410162, 6},
                  {"m", 31.6064, 0}};
    for (const auto& w : wanted) {
        INFO(w.name);
        const grid::Generator& g = generator(circuit, w.name);
        CHECK(g.class_name == "pvsystem");
        CHECK(g.p_w == Approx(1000 * w.kw).epsilon(1e-8).margin(1e-6));
        CHECK(g.q_var == Approx(1000 * w.kvar).epsilon(1e-8).margin(1e-6));
    }
}

TEST_CASE("inverter: an empty storage does not discharge, a full one does not charge") {
    const grid::Circuit circuit = read_case("storage");
    CHECK(generator(circuit, "d").p_w == Approx(-0.09 * 20e3));  // idles: its own loss
    CHECK(generator(circuit, "e").p_w == Approx(-0.09 * 20e3));
    CHECK(generator(circuit, "c").p_w == Approx(-16e3));
    CHECK(generator(circuit, "b").p_w == Approx(35e3));
}

TEST_CASE("inverter: generators that pull against each other share the limits as OpenDSS does") {
    const auto file = golden::path("tests/validation/cases/elements/generator_voltage.dss");
    const auto report = dss::run_powerflow(file);
    REQUIRE(report.converged);
    double sum = 0;
    for (const auto& n : report.nodes)
        if (n.bus == "b") sum += n.v_volt;
    CHECK(sum / 3 == Approx(0.99 * 4160 / std::sqrt(3.0)).epsilon(1e-9));  // free: at its set point
    const auto circuit = read_case("generator_voltage");
    CHECK(generator(circuit, "free").is_voltage_controlled);
    CHECK(generator(circuit, "up").q_max_var == Approx(60e3));
    CHECK(generator(circuit, "down").q_min_var == Approx(-15e3));
}

TEST_CASE("inverter: values that no inverter has are refused at their line") {
    for (const char* line :
         {"new pvsystem.x bus1=a kva=0", "new pvsystem.x bus1=a pf=0",
          "new pvsystem.x bus1=a kv=-4", "new pvsystem.x bus1=a irradiance=-1",
          "new pvsystem.x bus1=a effcurve=none_such", "new storage.x bus1=a kwrated=0",
          "new storage.x bus1=a kwhrated=-5", "new storage.x bus1=a pf=1.2",
          "new isource.x bus1=a phases=0", "new generator.x bus1=a vpu=0 model=3"}) {
        INFO(line);
        const auto faults = faults_of(line);
        REQUIRE(faults.size() == 1);
        CHECK(faults[0].find(":3: ") != std::string::npos);
    }
}
