// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"

#include <gridflock/io/scenario_file.hpp>
#include <gridflock/scenario/access.hpp>

#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

namespace gridflock::python {

using scenario::Scenario;

namespace {

using Overrides = std::vector<std::pair<std::string, std::string>>;

Scenario load(const std::string& path, const Overrides& overrides,
              const std::vector<std::string>& data_dirs, bool open_inputs) {
    const py::gil_scoped_release release;
    return io::load_scenario(path, {overrides, data_dirs, open_inputs});
}

Scenario parse(const std::string& text, const std::string& base_dir, const Overrides& overrides,
               const std::vector<std::string>& data_dirs, bool open_inputs,
               const std::string& name) {
    const py::gil_scoped_release release;
    return io::parse_scenario(text, base_dir, {overrides, data_dirs, open_inputs}, name);
}

py::list faults_of(const std::vector<Fault>& faults) {
    py::list list;
    for (const Fault& f : faults) list.append(to_python(f));
    return list;
}

py::list field_docs(const std::vector<scenario::FieldDoc>& fields) {
    py::list list;
    for (const scenario::FieldDoc& f : fields) {
        py::dict d;
        d["path"] = f.path;
        d["type"] = f.type;
        d["unit"] = f.unit;
        d["range"] = f.range;
        d["default"] = f.fallback;
        d["doc"] = f.doc;
        d["choices"] = f.choices;
        d["only"] = f.only;
        d["required"] = f.required;
        d["is_section"] = f.is_section;
        list.append(d);
    }
    return list;
}

}  // namespace

void bind_scenario(py::module_& m) {
    py::class_<Scenario>(m, "Scenario")
        .def(py::init<>())
        .def_static("load", &load, py::arg("path"), py::arg("overrides") = Overrides{},
                    py::arg("data_dirs") = std::vector<std::string>{},
                    py::arg("open_inputs") = true)
        .def_static("parse", &parse, py::arg("text"), py::arg("base_dir") = ".",
                    py::arg("overrides") = Overrides{},
                    py::arg("data_dirs") = std::vector<std::string>{},
                    py::arg("open_inputs") = true, py::arg("name") = "")
        .def_static("read", &io::read_scenario, py::arg("text"))
        .def("get", [](const Scenario& s,
                       const std::string& path) { return to_python(scenario::get(s, path)); })
        .def("set", [](Scenario& s, const std::string& path,
                       const py::object& value) { scenario::set(s, path, to_value(value)); })
        .def("clear_parameters", [](Scenario& s) { s.dispatch.parameters.clear(); })
        .def("clear_variants", [](Scenario& s) { s.variants.clear(); })
        .def("copy", [](const Scenario& s) { return Scenario(s); })
        .def("to_toml", [](const Scenario& s) { return io::write_scenario(s); })
        .def("validate", [](const Scenario& s) { return faults_of(scenario::validate(s)); })
        .def("open_inputs",
             [](Scenario& s, const std::vector<std::string>& dirs) {
                 const py::gil_scoped_release release;
                 io::open_inputs(s, dirs);
             })
        .def("apply_variant",
             [](const Scenario& s, const std::string& name) {
                 return scenario::apply_variant(s, name);
             })
        .def_readonly("file", &Scenario::file)
        .def_readonly("base_dir", &Scenario::base_dir)
        .def_readonly("text", &Scenario::text)
        .def_property_readonly("warnings", [](const Scenario& s) { return faults_of(s.warnings); });
    m.def("fields", [] { return field_docs(scenario::fields()); });
    m.def("market_fields", [] { return field_docs(scenario::market_fields()); });
    m.def("scenario_schema", &io::scenario_schema);
    m.def("data_directories", &io::data_directories);
}

}  // namespace gridflock::python
