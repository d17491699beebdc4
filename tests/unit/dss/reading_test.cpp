// SPDX-License-Identifier: Apache-2.0
// The report of elements: what was read exactly, what was approximated and how, what was left out
// and why.
#include <test.hpp>

#include "golden.hpp"

#include "dss/registry.hpp"
#include <gridflock/dss/interpret.hpp>
#include <gridflock/dss/report.hpp>

#include <map>
#include <set>

using namespace gridflock;

namespace {

const std::string head = "clear\nnew circuit.c basekv=4.16 bus1=a\nnew line.l bus1=a bus2=b\n";

dss::Interpretation run(const std::string& text) {
    const dss::MemoryFiles files({{"main.dss", head + text}});
    return dss::interpret("main.dss", files);
}

std::map<std::string, dss::Reading> by_name(const dss::Interpretation& script) {
    std::map<std::string, dss::Reading> out;
    for (const dss::Reading& r : script.elements) out[r.element] = r;
    return out;
}

}  // namespace

TEST_CASE("reading: every object of a script has one row, in order, at its file and line") {
    const auto script = run("new load.x bus1=b\nnew linecode.m\nnew monitor.m element=line.l\n");
    REQUIRE(script.elements.size() == 5);
    const char* names[] = {"vsource.source", "line.l", "load.x", "linecode.m", "monitor.m"};
    const int lines[] = {2, 3, 4, 5, 6};
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(script.elements[i].element == names[i]);
        CHECK(script.elements[i].at.file == "main.dss");
        CHECK(script.elements[i].at.line == lines[i]);
        CHECK(script.elements[i].verdict == (i < 4 ? dss::Verdict::exact : dss::Verdict::ignored));
        CHECK(script.elements[i].reason.empty() == (i < 4));
    }
    CHECK(script.elements[4].reason == "it measures and changes nothing");
    CHECK(script.warnings.empty());
}

TEST_CASE("reading: what is left out is said, loudly where it changes the answer") {
    const auto script =
        run("new autotrans.t bus=b\nnew laod.y bus1=b\nnew load.z bus1=b enabled=no\n"
            "new transformer.t buses=[b c] kvs=[4.16 .48]\n"
            "new regcontrol.r transformer=t winding=2\n");
    const auto rows = by_name(script);
    CHECK(rows.at("autotrans.t").verdict == dss::Verdict::ignored);
    CHECK(rows.at("autotrans.t").reason == "its class is not modelled");
    CHECK(rows.at("laod.y").verdict == dss::Verdict::ignored);
    CHECK(rows.at("laod.y").reason == "there is no such class");
    CHECK(rows.at("load.z").verdict == dss::Verdict::ignored);
    CHECK(rows.at("load.z").reason == "it is disabled");
    CHECK(rows.at("regcontrol.r").verdict == dss::Verdict::ignored);
    CHECK(rows.at("transformer.t").verdict == dss::Verdict::exact);
    REQUIRE(script.warnings.size() == 2);
    CHECK(script.warnings[0].at.line == 4);
    CHECK(script.warnings[0].found == "class 'autotrans'");
    CHECK(script.warnings[1].at.line == 5);
    CHECK(script.warnings[1].remedy == "did you mean 'load'?");
}

TEST_CASE("reading: a property that is unknown or not modelled makes its element approximate") {
    const auto script = run(
        "new load.x bus1=b kwatt=5\nnew load.y bus1=b kwatt=6 rneut=5\nnew load.z bus1=b rneut=-1\n"
        "new reactor.r bus1=b kvar=10 r=1 rcurve=c lcurve=d normamps=5\n");
    const auto rows = by_name(script);
    CHECK(rows.at("load.x").verdict == dss::Verdict::approximated);
    CHECK(rows.at("load.x").reason == "property 'kwatt' is unknown");
    CHECK(rows.at("load.y").reason == "property 'kwatt' is unknown");
    CHECK(rows.at("load.z").verdict == dss::Verdict::exact);
    CHECK(rows.at("reactor.r").reason ==
          "rcurve: R does not follow the frequency; "
          "lcurve: L does not follow the frequency");
    CHECK(script.warnings.size() == 3);  // one for each word, not one for each object
}

TEST_CASE("reading: what a left-out switch holds open is not lost in silence") {
    const auto script = run("new swtcontrol.s switchedobj=line.l state=open\nnew fuse.f line.l\n");
    const auto rows = by_name(script);
    CHECK(rows.at("swtcontrol.s").reason == "controls are off; what it holds open stays closed");
    REQUIRE(script.warnings.size() == 1);
    CHECK(script.warnings[0].found == "'swtcontrol.s'");
    CHECK(rows.at("fuse.f").reason == "protection does not act in a snapshot");
}

TEST_CASE("reading: no property of any class is passed over without a reason") {
    const dss::MemoryFiles none({});
    const dss::Session session(none);
    CHECK(session.classes().size() >= 18);
    for (const auto& kind : session.classes())
        for (std::size_t p = 0; p < kind->properties().size(); ++p) {
            INFO(kind->name() << "." << kind->properties()[p]);
            if (!kind->is_read(p))
                CHECK(dss::effect_of(kind->name(), kind->properties()[p]) != nullptr);
        }
}

TEST_CASE("reading: the table is CSV with a row for each object of a feeder") {
    const auto report =
        dss::run_powerflow(golden::path("scenarios/feeders/ieee13/IEEE13Nodeckt.dss"));
    const std::string csv = dss::readings_csv(report.elements);
    CHECK(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')) ==
          1 + report.elements.size());
    CHECK(csv.rfind("element,verdict,reason,file,line\n", 0) == 0);
    CHECK(csv.find("\nline.650632,exact,,") != std::string::npos);
    CHECK(csv.find("\nregcontrol.reg1,ignored,controls are off") != std::string::npos);
    std::set<std::string> names;
    for (const dss::Reading& r : report.elements) CHECK(names.insert(r.element).second);
    for (const dss::Reading& r : report.elements) {
        INFO(r.element << " " << r.reason);
        CHECK(r.at.line > 0);
        CHECK((r.verdict == dss::Verdict::exact) == r.reason.empty());
        CHECK(r.verdict != dss::Verdict::approximated);
    }
    std::vector<dss::Reading> odd{{"load.a", {"a,b.dss", 3, ""}, dss::Verdict::exact, ""}};
    odd[0].note(dss::Verdict::approximated, "the \"half\" of it");
    CHECK(dss::readings_csv(odd) ==
          "element,verdict,reason,file,line\n"
          "load.a,approximated,\"the \"\"half\"\" of it\",\"a,b.dss\",3\n");
}
