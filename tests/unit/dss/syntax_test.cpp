// SPDX-License-Identifier: Apache-2.0
// The language as real scripts use it: how words, numbers, files and lines may be written.
// SOURCE  expected values by hand from OpenDSS's manual, and OpenDSS (dss_capi 0.14.5) where
// marked.
#include <test.hpp>

#include <gridflock/dss/interpret.hpp>

#include "dss/numbers.hpp"
#include "dss/pattern.hpp"
#include "dss/session.hpp"

#include <cstring>

using namespace gridflock;

namespace {

const std::string head = "clear\nnew circuit.c basekv=4.16 bus1=a\nnew line.l bus1=a bus2=b\n";

using Texts = std::map<std::string, std::string>;

dss::Interpretation run(const std::string& text, Texts more = {}) {
    more["main.dss"] = head + text;
    const dss::MemoryFiles files(std::move(more));
    return dss::interpret("main.dss", files);
}

std::vector<Fault> faults_of(const std::string& text, Texts more = {}) {
    try {
        run(text, std::move(more));
    } catch (const ScenarioError& error) {
        return error.faults();
    }
    return {};
}

double value(const std::string& expression) {
    const auto out = run("new load.x bus1=b kvar=0 kw=" + expression);
    return out.circuit.loads[0].p_w / 1000;
}

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
    std::string out;
    for (const T v : values) {
        char bytes[sizeof v];
        std::memcpy(bytes, &v, sizeof v);
        out.append(bytes, sizeof v);
    }
    return out;
}

}  // namespace

TEST_CASE("syntax: case does not matter in commands, classes, properties, names and values") {
    const auto out =
        run("NEW LOAD.Big BUS1=B PHASES=1 KV=2.4 KW=10 PF=1 CONN=Delta\n"
            "Load.BIG.KW=20\nEDIT Load.bIg vMINpu=0.8\nNeW lOaD.two LIKE=bIG Bus1=b\n");
    REQUIRE(out.circuit.loads.size() == 2);
    CHECK(out.circuit.loads[0].name == "big");
    CHECK(out.circuit.loads[0].p_w == Approx(20e3));
    CHECK(out.circuit.loads[0].v_min_pu == 0.8);
    CHECK(out.circuit.loads[1].is_delta);
    CHECK(out.circuit.buses.size() == 2);  // B is b
    CHECK(out.warnings.empty());
}

TEST_CASE("syntax: words may be cut short; the first of the class's order counts") {
    const auto out =
        run("set defaultbasefreq=50\nnew transformer.t wind=2 buses=(b c) kvs=(4.16 .48) ppm=2\n"
            "new load.x bus=c ph=1 kv=.277 kw=5 vmin=.8 vmax=1.2 mode=2\nset voltageb=[4.16 .48]\n"
            "calcv\nsol\n");
    CHECK(out.circuit.transformers[0].antifloat_pu == Approx(2e-6));
    CHECK(out.circuit.loads[0].phases == 1);
    CHECK(out.circuit.loads[0].v_min_pu == 0.8);
    CHECK(out.circuit.loads[0].v_max_pu == 1.2);
    CHECK(out.circuit.loads[0].model == grid::LoadModel::constant_impedance);  // mode is model
    CHECK(out.circuit.bus(out.circuit.find_bus("c")).base_v == Approx(480 / std::sqrt(3.0)));
    CHECK(out.warnings.empty());
}

// SOURCE  OpenDSS, the property `kw` read back after each of these.
TEST_CASE("syntax: reverse Polish expressions come to what OpenDSS makes of them") {
    CHECK(value("(1 2 3 4 5 + + + +)") == 15);
    CHECK(value("(1 2 3 4 5 6 7 + + + + + +)") == 28);
    CHECK(value("\"2 3 *\"") == 6);
    CHECK(value("'7'") == 7);
    CHECK(value("{2 inv}") == 0.5);
    CHECK(value("[2 3 ^]") == Approx(8));
    CHECK(value("(4 2 swap /)") == 0.5);
    CHECK(value("(3 rollup *)") == 9);
    CHECK(value("(1 2 rolldn)") == 1);
    CHECK(value("( pi )") == Approx(3.14159265358979));
    CHECK(value("(10 log10)") == Approx(1));
    CHECK(value("(30 sin)") == Approx(0.5));
    CHECK(value("(9 sqrt 2 sqr +)") == Approx(7));
    CHECK(value("5.") == 5);
    CHECK(value("+5") == 5);
    CHECK(value("-.5e-1") == -0.05);
    CHECK(run("new load.x bus1 = b kW =  60.0").circuit.loads[0].p_w == Approx(60e3));
}

TEST_CASE("syntax: variables stand for values, in expressions and bus names too") {
    const auto out =
        run("var @k=3 @there=b\nvar @m=@k\nnew load.x bus1=@there.1 phases=1 kw=(@k 2 *)\n"
            "new load.y bus1=@there kw=@m kvar=0\n");
    CHECK(out.circuit.loads[0].p_w == Approx(6e3));
    CHECK(out.circuit.loads[0].at_bus.nodes == std::vector<int>{1, 0});
    CHECK(out.circuit.loads[1].p_w == Approx(3e3));
    CHECK(out.circuit.bus(out.circuit.loads[1].at_bus.bus).name == "b");
}

TEST_CASE("syntax: unnamed values fall on the properties after the last named one") {
    const auto out =
        run("new line.m b c\nnew line.n bus1=c d length=2 r1=.1 .2 .3 .4\n"
            "new load.x 1 b.1 2.4 kw=10 .8\nedit vsource.source mvasc3=300 400\n");
    const auto name = [&](grid::BusIdx b) { return out.circuit.bus(b).name; };
    CHECK(name(out.circuit.lines[1].from.bus) == "b");
    CHECK(name(out.circuit.lines[1].to.bus) == "c");
    CHECK(name(out.circuit.lines[2].to.bus) == "d");
    CHECK(out.circuit.lines[2].z_ohm(0, 0).imag() == Approx(2 * (2 * 0.2 + 0.4) / 3));
    CHECK(out.circuit.loads[0].phases == 1);
    CHECK(out.circuit.loads[0].q_var == Approx(7500));
}

TEST_CASE("syntax: arrays come from text files by column, and from binary ones") {
    const Texts files{{"two.csv", "P,Q\n1,10\n 2 , 20\n\n3\t30\n"},
                      {"plain.txt", "5\n7\n6\n"},
                      {"d.dbl", bytes_of<double>({1, 9, 2})},
                      {"s.sng", bytes_of<float>({4, 8})},
                      {"pairs.csv", "1,11\n2,22\n"},
                      {"hours.csv", "0,1,11\n1,3,33\n"},
                      {"h.dbl", bytes_of<double>({0, 5, 1, 6})}};
    const auto peak = [&](const std::string& shape) {
        const auto out =
            run("new loadshape.s useactual=y " + shape + "\nnew load.x bus1=b yearly=s\n", files);
        CHECK(out.warnings.empty());
        return std::pair(out.circuit.loads[0].p_w / 1000, out.circuit.loads[0].q_var / 1000);
    };
    CHECK(peak("npts=3 mult=(file=two.csv column=1 header=yes)").first == Approx(3));
    CHECK(peak("npts=3 mult=(File=two.csv, col=2, header=yes)").first == Approx(30));
    CHECK(peak("npts=3 mult=[file=plain.txt]").first == Approx(7));
    CHECK(peak("npts=1 mult=[file=plain.txt]").first == Approx(5));  // only npts count
    CHECK(peak("npts=3 mult=(dblfile=d.dbl)").first == Approx(9));
    CHECK(peak("npts=2 mult=(sngfile=s.sng)").first == Approx(8));
    CHECK(peak("npts=3 csvfile=plain.txt").first == Approx(7));
    CHECK(peak("npts=3 dblfile=d.dbl").first == Approx(9));
    CHECK(peak("npts=2 sngfile=s.sng").first == Approx(8));
    CHECK(peak("npts=2 interval=0 dblfile=h.dbl").first == Approx(6));  // hours between
    const auto pq = peak("npts=2 pqcsvfile=pairs.csv");
    CHECK(pq.first == Approx(2));
    CHECK(pq.second == Approx(22));
    const auto hpq = peak("npts=2 interval=0 pqcsvfile=hours.csv");
    CHECK(hpq.first == Approx(3));
    CHECK(hpq.second == Approx(33));
    const auto kvs =
        run("new transformer.t buses=[b c] kvs=(file=kv.txt)\n", {{"kv.txt", "4.16\n.48\n"}});
    CHECK(kvs.circuit.transformers[0].windings[1].turns_v == Approx(480 / std::sqrt(3.0)));
}

TEST_CASE("syntax: a number in a data file that is none is named at its own file and line") {
    const auto faults = faults_of("new transformer.t buses=[b c] kvs=(file=kv.txt)\n",
                                  {{"kv.txt", "4.16\nhigh\n"}});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].at.file == "kv.txt");
    CHECK(faults[0].at.line == 2);
    CHECK(faults[0].at.path == "transformer.t.kvs");
}

TEST_CASE("syntax: a redirected file names files relative to itself, a compiled one for good") {
    const Texts files{{"parts/lines.dss", "new line.m bus1=b bus2=c\nredirect more/loads\n"},
                      {"parts/more/loads.dss", "new load.x bus1=c\nredirect ..\\last.dss\n"},
                      {"parts/last.dss", "new load.y bus1=b\n"},
                      {"beside.dss", "new load.z bus1=b\n"}};
    const auto out = run("Redirect 'Parts\\LINES.dss'\nredirect beside.dss\n", files);
    CHECK(out.circuit.loads.size() == 3);
    CHECK(out.circuit.loads[1].at.file == "Parts/more/../last.dss");
    CHECK(out.files.size() == 5);
    const auto compiled = run("compile (parts/lines.dss)\nredirect more/loads.dss\n",
                              {{"parts/lines.dss", "new line.m bus1=b bus2=c\n"},
                               {"parts/more/loads.dss", "new load.x bus1=c\n"}});
    CHECK(compiled.circuit.loads.size() == 1);
}

TEST_CASE("syntax: byte-order marks, NUL bytes and every kind of line end are read over") {
    const std::string nul(1, '\0');
    const std::string text = head + "new load.x bus1=b" + nul + " kw=5\nnew load.y bus1=b";
    const auto loads = [](const std::string& script) {
        const dss::MemoryFiles files({{"main.dss", script}});
        const auto out = dss::interpret("main.dss", files);
        CHECK(out.warnings.empty());
        CHECK(out.circuit.loads.back().at.line == 5);
        return out.circuit.loads.size();
    };
    CHECK(loads(text) == 2);
    CHECK(loads("\xef\xbb\xbf" + text) == 2);
    std::string dos, mac, wide = "\xff\xfe";
    for (const char c : text) {
        dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
        mac += c == '\n' ? '\r' : c;
        wide += c;
        wide += '\0';
    }
    CHECK(loads(dos) == 2);
    CHECK(loads(mac) == 2);
    CHECK(loads(wide) == 2);  // UTF-16
}

TEST_CASE("syntax: letters beyond ASCII come out as UTF-8, whether they went in so or as Latin 1") {
    const auto name = [](const std::string& text) {
        return run("new load." + text + " bus1=b\n").circuit.loads[0].name;
    };
    CHECK(name("stra\xc3\x9f"
               "e") ==
          "stra\xc3\x9f"
          "e");
    CHECK(name("stra\xdf"
               "e") ==
          "stra\xc3\x9f"
          "e");
    const auto faults = faults_of("new load.x bus1=b kw=30\xb0\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].found == "'30\xc2\xb0'");
    const auto cut =
        faults_of("new load.x bus1=b kw=" + std::string(58, '1') + std::string(40, '\xe9') + "\n");
    REQUIRE(cut.size() == 1);
    CHECK(cut[0].found == "'" + std::string(58, '1') + "..'");  // not within a letter
}

TEST_CASE("syntax: comments end a line outside quotes, and stand between /* and */") {
    const auto out = run(
        "! new load.q bus1=b\n// new load.q bus1=b\nnew load.x bus1=b kw=5 ! kw=6\n"
        "~ kvar=2 // kvar=3\n/* new load.q bus1=b\nnew load.r bus1=b */\nnew \"load.y!\" bus1=b\n");
    REQUIRE(out.circuit.loads.size() == 2);
    CHECK(out.circuit.loads[0].p_w == Approx(5e3));
    CHECK(out.circuit.loads[0].q_var == Approx(2e3));
    CHECK(out.circuit.loads[1].name == "y!");
}

TEST_CASE("syntax: commands act in order, and a solve within the script changes nothing") {
    const std::string taps =
        "new transformer.t buses=[b c] kvs=[4.16 4.16] %loadloss=.1 xhl=1\n"
        "new regcontrol.r transformer=t winding=2 vreg=126 band=1 ptratio=20\n";
    const auto plain = run(taps + "new load.x bus1=c kw=900 kvar=600 kv=4.16\n");
    const auto solved =
        run(taps + "solve mode=snap\nnew load.x bus1=c kw=900 kvar=600 kv=4.16\nsolve\n");
    CHECK(solved.circuit.transformers[0].windings[1].tap == 1);  // controls are off
    CHECK(plain.circuit.transformers[0].windings[1].tap == 1);
    const auto out =
        run("new load.x bus1=b kw=5\nnew load.y like=x bus1=b\nedit load.x kw=7\n"
            "new load.z like=x bus1=b\nset loadmult=2\nopen line.l 1\nclose line.l 1\n");
    CHECK(out.circuit.loads[1].p_w == Approx(10e3));  // like took what x was then
    CHECK(out.circuit.loads[2].p_w == Approx(14e3));
    CHECK(out.warnings.empty());
}

TEST_CASE("syntax: batchedit edits what its expression is found in, in one class") {
    const auto out =
        run("new load.east1 bus1=b\nnew load.east2 bus1=b\nnew load.west1 bus1=b\n"
            "new generator.east1 bus1=b kw=1\nbatchedit load.^east\\d kw=5\nbatchedit Load..* "
            "kvar=1\n");
    CHECK(out.circuit.loads[0].p_w == Approx(5e3));
    CHECK(out.circuit.loads[1].p_w == Approx(5e3));
    CHECK(out.circuit.loads[2].p_w == Approx(10e3));
    for (const auto& load : out.circuit.loads) CHECK(load.q_var == Approx(1e3));
}

TEST_CASE("syntax: a pattern means what a regular expression means, in linear time") {
    const auto is_in = [](const char* pattern, const std::string& name) {
        const dss::Pattern p(pattern);
        CHECK(p.wrong().empty());
        return p.is_in(name);
    };
    CHECK(is_in(".*", ""));
    CHECK(is_in("s1", "load_s1a"));
    CHECK_FALSE(is_in("^s1", "load_s1a"));
    CHECK(is_in("s1a$", "load_s1a"));
    CHECK(is_in("^(a|bc)+$", "abcbca"));
    CHECK_FALSE(is_in("^(a|bc)+$", "abcb"));
    CHECK(is_in("^x{2,3}$", "xxx"));
    CHECK_FALSE(is_in("^x{2,3}$", "xxxx"));
    CHECK(is_in("^x{2,}y?$", "xxxxy"));
    CHECK(is_in("[^0-9]\\d\\.\\w+", "bus7.a_1"));
    CHECK_FALSE(is_in("^[a-c]+$", "abd"));
    CHECK(is_in("LOAD", "myload"));
    CHECK_FALSE(is_in("^(a*)*b$", std::string(5000, 'a')));  // others need 2^5000 steps
    for (const char* wrong : {"(", ")", "[a", "*a", "a{3,1}", "\\", "((((a{99}){99}){99}){99})"})
        CHECK_FALSE(dss::Pattern(wrong).wrong().empty());
}

TEST_CASE("syntax: the order of switch, linecode, length and units is part of the meaning") {
    const std::string code =
        "new linecode.m nphases=3 units=km rmatrix=[1|0 1|0 0 1] "
        "xmatrix=[2|0 2|0 0 2] cmatrix=[0|0 0|0 0 0]\n";
    const auto z = [&](const std::string& line) {
        const auto out = run(code + "new line.m bus1=b bus2=c " + line);
        return out.circuit.lines[1].z_ohm(0, 0);
    };
    const auto r = [&](const std::string& line) { return z(line).real(); };
    const auto x = [&](const std::string& line) { return z(line).imag(); };
    // SOURCE  OpenDSS (dss_capi 0.14.5): the inverse of Yprim of the same lines
    CHECK(r("linecode=m length=2 units=km") == Approx(2));
    CHECK(r("linecode=m length=500 units=m") == Approx(0.5));
    CHECK(r("length=500 units=m linecode=m") == Approx(0.5));
    CHECK(r("linecode=m length=2") == Approx(2));  // in the code's units
    CHECK(r("switch=yes linecode=m length=2 units=km") == Approx(2));
    CHECK(x("switch=yes linecode=m length=2 units=km") == Approx(2));  // not the 4 of the code
    CHECK(r("linecode=m switch=yes") == Approx(0.001));                // a switch forgets the code
    CHECK(r("length=5 switch=yes") == Approx(0.001));
    CHECK(r("switch=yes length=5") == Approx(5));
}

TEST_CASE("syntax: impedances meant for another frequency lose or gain the earth's share") {
    const auto z = [](const std::string& text) {
        const dss::MemoryFiles files(
            {{"m", "set defaultbasefrequency=50\nnew circuit.c basekv=4.16 bus1=a\n" + text}});
        return dss::interpret("m", files).circuit.lines[0].z_ohm;
    };
    const std::string code =
        "new linecode.m nphases=3 basefreq=60 units=km rmatrix=[1|.1 1|.1 .1 1] "
        "xmatrix=[2|.3 2|.3 .3 2] cmatrix=[0|0 0|0 0 0] ";
    const std::string line = "\nnew line.m bus1=a bus2=c linecode=m length=1 units=km\n";
    const std::string own =
        "new line.m bus1=a bus2=c basefreq=60 r1=1 x1=2 r0=1 x0=2 c1=0 c0=0 length=1 ";
    // SOURCE  OpenDSS (dss_capi 0.14.5): the inverse of Yprim of the same lines at 50 Hz
    struct Case {
        std::string text;
        std::complex<double> self, mutual;
    };
    const Case cases[] = {
        {code + line,
         {0.9969916666666666, 1.6684132090240624},
         {0.0969916666666667, 0.2517465423573958}},
        {code + "rg=.5 xg=.9 rho=50" + line,
         {0.9166666666666667, 1.6773515675553383},
         {0.016666666666666705, 0.2606849008886717}},
        {own,
         {0.9969916666666668, 1.668389920020446},
         {-0.003008333333333333, 0.001723253353779137}},
        {own + "rg=.5 xg=.9",
         {0.9166666666666665, 1.6768025835208025},
         {-0.08333333333333331, 0.010135916854135854}},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        CHECK(std::abs(z(c.text)(0, 0) - c.self) < 1e-12);
        CHECK(std::abs(z(c.text)(0, 1) - c.mutual) < 1e-12);
    }
}

TEST_CASE("syntax: the last way to state a load's power counts") {
    const auto load = [](const std::string& text) {
        const auto out = run("new load.x bus1=b " + text);
        return std::pair(out.circuit.loads[0].p_w / 1000, out.circuit.loads[0].q_var / 1000);
    };
    // SOURCE  OpenDSS (dss_capi 0.14.5), kW and kvar read back
    CHECK(load("kw=30 pf=.6").second == Approx(40));
    CHECK(load("pf=.6 kw=30 kvar=10").second == Approx(10));
    CHECK(load("kva=50 pf=.6").first == Approx(30));
    CHECK(load("kva=50 pf=.6").second == Approx(40));
    CHECK(load("xfkva=100 allocationfactor=.5 pf=1").first == Approx(44));  // at the pf of then
    CHECK(load("xfkva=100 kw=7 pf=1").first == Approx(7));
    CHECK(load("kwh=720 kwhdays=30 cfactor=3 pf=1").first == Approx(3));
    CHECK(load("kw=7 kwh=720 pf=1").first == Approx(4));
    CHECK(load("kw=10 kvar=4 kva=50").first == Approx(44));
    CHECK(load("kw=10 kvar=4 kva=50").second == Approx(23.7486841740758));
    CHECK(load("kvar=40 pf=.8").second == Approx(40));
    CHECK(load("kw=10 pf=-.8").second == Approx(-7.5));
}

TEST_CASE("syntax: the last way to state a source's strength counts") {
    const auto z = [](const std::string& text) {
        const auto out = run("edit vsource.source " + text);
        return out.circuit.sources[0].z_ohm(0, 0);
    };
    // SOURCE  by hand: Zs = (2 Z1 + Z0) / 3; isc3 kA at 4.16 kV
    CHECK(z("r1=.3 x1=.6 r0=.6 x0=1.2").real() == Approx(0.4));
    CHECK(z("mvasc3=1 r1=.3 x1=.6 r0=.6 x0=1.2").imag() == Approx(0.8));
    CHECK(z("z1=[.3 .6] z0=[.6 1.2]").real() == Approx(0.4));
    const auto mva = z("r1=9 x1=9 mvasc3=200 mvasc1=200");
    const auto amps = z("r1=9 x1=9 isc3=27757.3 isc1=27757.3");
    CHECK(amps.imag() == Approx(mva.imag()).epsilon(1e-5));
    CHECK(amps.real() == Approx(mva.real()).epsilon(1e-5));
}

TEST_CASE("syntax: every fault keeps the file and line of its value, through redirects") {
    const auto faults = faults_of("redirect part.dss\nnew load.z bus1=b kw=no\n",
                                  {{"part.dss", "\nnew load.x bus1=b\n~ kw=ten\n"}});
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].at.file == "part.dss");
    CHECK(faults[0].at.line == 3);
    CHECK(faults[0].at.path == "load.x.kw");
    CHECK(faults[1].at.file == "main.dss");
    CHECK(faults[1].at.line == 5);
}

TEST_CASE("syntax: options that would change the answer are not passed over in silence") {
    const auto out =
        run("set cktmodel=positive loadmodel=admittance neglectloady=no tolerance=1e-8 "
            "maxiter=50 controlmode=off wibble=3\n");
    REQUIRE(out.warnings.size() == 3);
    CHECK(out.warnings[0].at.path == "set.cktmodel");
    CHECK(out.warnings[1].at.path == "set.loadmodel");
    CHECK(out.warnings[2].found == "option 'wibble'");
    const auto commands = run("makeposseq\nreduce all\nvoltages\nshow powers\nhelp\n");
    CHECK(commands.warnings.size() == 2);
}

TEST_CASE("syntax: a script in memory reads no file of the disk") {
    const auto faults = faults_of("redirect /etc/hostname\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].rule.find("no such file") == 0);
}
