// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"

#include <string>

namespace gridflock::python {

py::object to_python(const scenario::Value& v) {
    if (v.is_none()) return py::none();
    if (v.is_boolean()) return py::bool_(v.boolean());
    if (v.is_integer()) return py::int_(v.integer());
    if (v.is_number()) return py::float_(v.number());
    if (v.is_text()) return py::str(v.text());
    if (v.is_array()) {
        py::list list;
        for (const scenario::Value& x : v.array()) list.append(to_python(x));
        return list;
    }
    py::dict dict;
    for (const auto& [key, x] : v.table()) dict[py::str(key)] = to_python(x);
    return dict;
}

namespace {
scenario::Value integer(const py::handle& o) {
    int overflow = 0;
    const long long v = PyLong_AsLongLongAndOverflow(o.ptr(), &overflow);
    if (overflow != 0)
        throw Error(py::str(o).cast<std::string>() + " does not fit into 64 bits with sign");
    return scenario::Value(std::int64_t{v});
}
}  // namespace

scenario::Value to_value(const py::handle& o) {
    if (o.is_none()) return {};
    if (py::isinstance<py::bool_>(o)) return scenario::Value(o.cast<bool>());
    if (py::isinstance<py::int_>(o)) return integer(o);
    if (py::isinstance<py::float_>(o)) return scenario::Value(o.cast<double>());
    if (py::isinstance<py::str>(o)) return scenario::Value(o.cast<std::string>());
    if (py::hasattr(o, "to_table")) return to_value(o.attr("to_table")());
    if (py::hasattr(o, "isoformat"))
        return scenario::Value(o.attr("isoformat")().cast<std::string>());
    if (py::isinstance<py::dict>(o)) {
        scenario::Table table;
        for (const auto& [key, x] : o.cast<py::dict>())
            table.emplace_back(key.cast<std::string>(), to_value(x));
        return scenario::Value(std::move(table));
    }
    if (py::isinstance<py::list>(o) || py::isinstance<py::tuple>(o)) {
        scenario::Array array;
        for (const py::handle x : o) array.push_back(to_value(x));
        return scenario::Value(std::move(array));
    }
    if (py::hasattr(o, "tolist")) return to_value(o.attr("tolist")());  // NumPy
    if (py::hasattr(o, "__index__"))
        return integer(py::int_(py::reinterpret_borrow<py::object>(o)));
    throw py::type_error("a scenario holds numbers, text, lists and tables, not " +
                         py::repr(o).cast<std::string>());
}

}  // namespace gridflock::python
