// SPDX-License-Identifier: Apache-2.0
// `calcvoltagebases` where a part of the network has no source, or nothing holds it to ground.
// SOURCE  OpenDSS (dss_capi 0.14.5): of a bus without a voltage no listed base is nearer than the
// others, so it gets the first.
#include <test.hpp>

#include <gridflock/dss/interpret.hpp>

#include <map>

using namespace gridflock;

namespace {

dss::Interpretation interpret(const std::string& text) {
    return dss::interpret("main.dss",
                          dss::MemoryFiles(std::map<std::string, std::string>{{"main.dss", text}}));
}

dss::Interpretation run(const std::string& more) {
    const std::string head =
        "clear\nnew circuit.c basekv=12.47 bus1=a\n"
        "new line.fed bus1=a bus2=b length=1 r1=0.3 x1=0.6 c1=0 r0=0.9 x0=1.8 c0=0\n"
        "new load.fed bus1=b kv=12.47 kw=100 pf=1\n";
    return interpret(head + more);
}

double base_of(const dss::Interpretation& script, const std::string& bus) {
    return script.circuit.bus(script.circuit.find_bus(bus)).base_v;
}

const double medium = 12470 / std::sqrt(3.0);
const std::string bases = "set voltagebases=[12.47 0.48]\ncalcvoltagebases\n";

}  // namespace

TEST_CASE("bases: a section without a source gets the first, the rest its own") {
    const auto script =
        run("new line.dark bus1=x bus2=y length=1 r1=0.3 x1=0.6 c1=3 r0=0.9 x0=1.8 c0=2\n"
            "new load.dark bus1=y kv=12.47 kw=50 pf=0.9\n" +
            bases);
    for (const char* bus : {"a", "b", "x", "y"}) CHECK(base_of(script, bus) == Approx(medium));
}

TEST_CASE("bases: behind an open switch likewise") {
    const auto script =
        run("new line.tie bus1=b bus2=x switch=yes\n"
            "new transformer.t windings=2 buses=(x, s) conns=(delta, wye) kvs=(12.47 0.48) "
            "kvas=(500 500) xhl=5\n"
            "new load.dark bus1=s kv=0.48 kw=50 pf=0.9\n"
            "open line.tie 1\n" +
            bases);
    for (const char* bus : {"a", "b", "x", "s"}) CHECK(base_of(script, bus) == Approx(medium));
}

TEST_CASE("bases: a delta that floats, alone or with all that is fed, ends with an answer") {
    for (const char* sections :
         {"new transformer.t windings=2 buses=(b, s) conns=(wye, delta) kvs=(12.47 0.48) "
          "kvas=(500 500) xhl=5 ppm_antifloat=0\n",
          "new transformer.t windings=2 buses=(x, s) conns=(delta, delta) kvs=(12.47 0.48) "
          "kvas=(500 500) xhl=5 ppm_antifloat=0\n",
          "new transformer.t windings=2 buses=(x, s) conns=(delta, delta) kvs=(12.47 0.48) "
          "kvas=(500 500) xhl=5 ppm_antifloat=0\n"
          "new line.l bus1=s bus2=s2 length=1 r1=0.3 x1=0.6 c1=0 r0=0.9 x0=1.8 c0=0\n"
          "new capacitor.c bus1=s2 conn=delta kv=0.48 kvar=10\n"}) {
        INFO(sections);
        const auto script = run(sections + bases);
        CHECK(base_of(script, "b") == Approx(medium));
    }
}

TEST_CASE("bases: a circuit without any source is told so at the line that asks") {
    try {
        interpret(
            "clear\nnew circuit.c basekv=12.47 bus1=a enabled=no\nnew line.l bus1=x bus2=y\n"
            "calcvoltagebases\ncalcvoltagebases\n");
        FAIL("must be refused");
    } catch (const ScenarioError& error) {
        REQUIRE(error.faults().size() == 1);
        CHECK(error.faults()[0].at.line == 4);
        CHECK(error.faults()[0].text().find("must have a source") != std::string::npos);
    }
}
