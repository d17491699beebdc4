// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/record/memory_sink.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <set>

using namespace gridflock;
using namespace gridflock::record;

namespace {

Layout two_lanes() {
    Layout layout;
    layout.lanes = {{0, 0}, {0, 1}};
    layout.worlds = {0};
    layout.variants = {"no_vpp", "demo"};
    layout.entities = {{"node", "node", {"1.1", "1.2", "1.3"}, {}}};
    layout.variables = {find_variable("head.p"), find_variable("head.q_kvar"),
                        find_variable("node.v")};
    layout.tables = {{"awards",
                      "",
                      {{"hour", ColumnType::time, "1", ""},
                       {"awarded_w", ColumnType::real, "W", ""},
                       {"note", ColumnType::text, "1", ""}}}};
    return layout;
}

void write_head(Sink& sink, SimTime t, std::array<double, 2> p,
                std::span<const std::uint8_t> mask) {
    const std::array<double, 2> q{0, 0};
    const std::array<ColumnView<const double>, 2> columns{ColumnView<const double>(p.data(), 1, 2),
                                                          ColumnView<const double>(q.data(), 1, 2)};
    sink.write({"head", t, columns, mask});
}

}  // namespace

TEST_CASE("record: a variable is found by its SI name and by its key") {
    CHECK(find_variable("head.p") == find_variable("head.p_kw"));
    CHECK(find_variable("node.v_pu").entity == "node");
    CHECK(find_variable("head.p").group() == "head");
    CHECK(find_variable("head.p").file_name() == "p_kw");
    CHECK_THROWS_WITH(find_variable("head.p_kv"), Catch::Matchers::Contains("head.p_kw"));
}

TEST_CASE("record: every catalogue entry is complete and named once") {
    std::set<std::string> names;
    std::set<std::string> keys;
    for (const Variable& v : catalogue()) {
        INFO(v.key);
        CHECK(names.insert(v.name).second);
        CHECK(keys.insert(v.key).second);
        CHECK_FALSE(v.doc.empty());
        CHECK_FALSE(v.file_unit.empty());
        CHECK(v.scale > 0);
        CHECK(v.resolution >= 0);
    }
}

TEST_CASE("record: the memory sink gives extremes over time, rows and lanes") {
    MemorySink head{{"head.p"}};
    head.begin(two_lanes());
    write_head(head, SimTime{0}, {2.0e6, 1.0e6}, {});
    write_head(head, SimTime{60}, {3.0e6, -1.5e6}, {});
    CHECK(head.max("head.p") == 3.0e6);
    CHECK(head.min("head.p_kw") == -1.5e6);
    CHECK(head.mean("head.p") == Approx(4.5e6 / 4));
    CHECK(head.last("head.p") == 3.0e6);
    CHECK(head.series("head.p").time.back() == SimTime{60});
    CHECK_THROWS_AS(head.series("node.v"), Error);  // not asked for
    CHECK(head.wanted() == std::vector<std::string>{"head.p"});
}

TEST_CASE("record: two names make two variables, not one text from a pair of iterators") {
    MemorySink sink{{"head.p", "node.v"}};
    CHECK(sink.wanted().size() == 2);
}

TEST_CASE("record: a masked lane and NaN count as missing") {
    MemorySink sink;
    sink.begin(two_lanes());
    const std::array<std::uint8_t, 2> second_failed{1, 0};
    write_head(sink, SimTime{0}, {1.0, 9.0}, second_failed);
    write_head(sink, SimTime{1}, {std::numeric_limits<double>::quiet_NaN(), 5.0}, {});
    CHECK(sink.max("head.p") == 5.0);
    CHECK(sink.mean("head.p") == 3.0);
    CHECK(std::isnan(sink.series("head.p").at(0, 0, 1)));
    CHECK(std::isnan(sink.max("node.v")));  // nothing recorded yet
}

TEST_CASE("record: what does not fit the layout is refused by name") {
    MemorySink sink;
    sink.begin(two_lanes());
    const std::vector<double> cells(3, 1.0);
    const std::array<ColumnView<const double>, 1> one{ColumnView<const double>(cells.data(), 1, 3)};
    CHECK_THROWS_AS(sink.write({"node", SimTime{0}, one}), ShapeError);
    CHECK_THROWS_AS(sink.write({"head", SimTime{0}, one}), ShapeError);
    CHECK_THROWS_WITH(sink.write({"hed", SimTime{0}, one}), Catch::Matchers::Contains("head"));

    Layout twice = two_lanes();
    twice.variables.push_back(find_variable("head.p"));
    CHECK_THROWS_AS(sink.begin(twice), Error);
    Layout homeless = two_lanes();
    homeless.entities.clear();
    CHECK_THROWS_AS(sink.begin(homeless), Error);
    Layout outside = two_lanes();
    outside.lanes.push_back({0, 2});
    CHECK_THROWS_AS(sink.begin(outside), ShapeError);
}

TEST_CASE("record: table rows keep their cells and refuse wrong ones") {
    MemorySink sink;
    sink.begin(two_lanes());
    sink.append("awards", {std::int64_t{3600}, 1.0e5, std::string("first")});
    CHECK(std::get<double>(sink.table("awards").rows.at(0).at(1)) == 1.0e5);
    CHECK_THROWS_AS(sink.append("awards", {std::int64_t{1}, 1.0}), ShapeError);
    CHECK_THROWS_WITH(sink.append("awards", {1.0, 1.0, std::string()}),
                      Catch::Matchers::Contains("awards.hour takes an integer"));
    CHECK_THROWS_AS(sink.append("award", {}), Error);
}

TEST_CASE("record: the end keeps status and reason") {
    MemorySink sink;
    sink.begin(two_lanes());
    CHECK(sink.status() == RunStatus::running);
    sink.end(RunStatus::interrupted, "stopped by the user");
    CHECK(sink.status() == RunStatus::interrupted);
    CHECK(sink.reason() == "stopped by the user");
}
