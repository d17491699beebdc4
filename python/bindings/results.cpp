// SPDX-License-Identifier: Apache-2.0
// Writing a results file from Python: for tools that add to, convert or synthesise results.
#include "bindings.hpp"

#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/record/variable.hpp>

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace gridflock::python {

namespace {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

record::ColumnType column_type(const std::string& name) {
    static constexpr const char* names[] = {"integer", "real", "text", "time", "money", "flag"};
    for (int i = 0; i < 6; ++i)
        if (name == names[i]) return static_cast<record::ColumnType>(i);
    throw Error("a column is integer, real, text, time, money or flag, not '" + name + "'");
}

record::Static to_static(const py::sequence& values) {
    if (py::len(values) > 0 && py::isinstance<py::str>(values[0]))
        return values.cast<std::vector<std::string>>();
    if (py::len(values) > 0 && py::isinstance<py::int_>(values[0]))
        return values.cast<std::vector<std::int64_t>>();
    return values.cast<std::vector<double>>();
}

record::Entities to_entities(const std::string& group, const py::dict& d) {
    record::Entities e{
        group, d["dim"].cast<std::string>(), d["labels"].cast<std::vector<std::string>>(), {}};
    if (d.contains("columns"))
        for (const auto& [name, c] : d["columns"].cast<py::dict>()) {
            const auto pair = c.cast<py::tuple>();  // (unit, values)
            e.columns.push_back({name.cast<std::string>(), pair[0].cast<std::string>(), "",
                                 to_static(pair[1].cast<py::sequence>())});
        }
    return e;
}

record::Header to_header(const py::dict& d) {
    record::Header h;
    h.scenario_text = d.contains("scenario") ? d["scenario"].cast<std::string>() : "";
    h.seed = d.contains("seed") ? d["seed"].cast<std::uint64_t>() : 0;
    h.zone = d.contains("zone") ? d["zone"].cast<std::string>() : "UTC";
    h.start = SimTime{d["start"].cast<std::int64_t>()};
    h.end = SimTime{d["end"].cast<std::int64_t>()};
    h.report_start =
        SimTime{d.contains("report_start") ? d["report_start"].cast<std::int64_t>() : h.start.ns};
    return h;
}

/// A results file that Python fills.
class Writer {
public:
    Writer(const std::string& path, const py::dict& header,
           const std::vector<std::string>& variants, const std::vector<std::string>& variables,
           const py::dict& entities, const py::dict& tables)
        : sink_(path) {
        layout_.header = to_header(header);
        layout_.variants = variants;
        layout_.worlds = {0};
        for (std::size_t i = 0; i < variants.size(); ++i)
            layout_.lanes.push_back({0, static_cast<std::int32_t>(i)});
        for (const std::string& name : variables)
            layout_.variables.push_back(record::find_variable(name));
        for (const auto& [group, d] : entities)
            layout_.entities.push_back(to_entities(group.cast<std::string>(), d.cast<py::dict>()));
        for (const auto& [name, columns] : tables) {
            record::Table t{name.cast<std::string>(), "", {}};
            for (const auto& [column, type] : columns.cast<py::dict>())
                t.columns.push_back(
                    {column.cast<std::string>(), column_type(type.cast<std::string>()), "1", ""});
            layout_.tables.push_back(t);
        }
        sink_.begin(layout_);
    }

    /// values: name -> array [row, variant] in SI units, for each variable of the group.
    void write(const std::string& group, std::int64_t time_ns,
               const std::map<std::string, Doubles>& values) {
        std::vector<ColumnView<const double>> columns;
        for (const std::size_t i : layout_.group_variables(group)) {
            const auto found = values.find(layout_.variables[i].name);
            if (found == values.end())
                throw ShapeError("no values for '" + layout_.variables[i].name + "'");
            const Doubles& a = found->second;
            if (a.ndim() != 2) throw ShapeError(found->first + " needs the shape [row, variant]");
            columns.emplace_back(a.data(), static_cast<std::size_t>(a.shape(0)),
                                 static_cast<std::size_t>(a.shape(1)));
        }
        sink_.write({group, SimTime{time_ns}, columns});
    }

    void append(const std::string& table, const py::sequence& row) {
        std::vector<record::Cell> cells;
        for (const py::handle x : row) {
            if (py::isinstance<py::str>(x))
                cells.emplace_back(x.cast<std::string>());
            else if (py::isinstance<py::float_>(x))
                cells.emplace_back(x.cast<double>());
            else
                cells.emplace_back(x.cast<std::int64_t>());
        }
        sink_.append(table, cells);
    }

    void flush() { sink_.flush(); }

    void end(const std::string& status, const std::string& reason) {
        for (int i = 0; i < 4; ++i)
            if (status == record::to_text(static_cast<record::RunStatus>(i)))
                return sink_.end(static_cast<record::RunStatus>(i), reason);
        throw Error("a run ends complete, interrupted or failed, not '" + status + "'");
    }

private:
    record::Layout layout_;
    io::Hdf5Sink sink_;
};

py::list catalogue() {
    py::list list;
    for (const record::Variable& v : record::catalogue()) {
        py::dict d;
        d["key"] = v.key;
        d["name"] = v.name;
        d["entity"] = v.entity;
        d["unit"] = v.file_unit;
        d["resolution"] = v.resolution;
        d["doc"] = v.doc;
        list.append(d);
    }
    return list;
}

}  // namespace

void bind_results(py::module_& m) {
    py::class_<Writer>(m, "ResultsWriter")
        .def(py::init<const std::string&, const py::dict&, const std::vector<std::string>&,
                      const std::vector<std::string>&, const py::dict&, const py::dict&>(),
             py::arg("path"), py::arg("header"), py::arg("variants"), py::arg("variables"),
             py::arg("entities") = py::dict(), py::arg("tables") = py::dict())
        .def("write", &Writer::write, py::arg("group"), py::arg("time_ns"), py::arg("values"))
        .def("append", &Writer::append, py::arg("table"), py::arg("row"))
        .def("flush", &Writer::flush)
        .def("end", &Writer::end, py::arg("status") = "complete", py::arg("reason") = "");
    m.def("variables", &catalogue);
    m.attr("results_format") = io::results_format;
}

}  // namespace gridflock::python
