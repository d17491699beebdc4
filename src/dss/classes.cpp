// SPDX-License-Identifier: Apache-2.0
// The list of classes.
#include "session.hpp"

namespace gridflock::inline v0::dss {

std::vector<std::unique_ptr<ObjectClass>> all_classes() {
    std::vector<std::unique_ptr<ObjectClass>> out;
    out.push_back(source_class());
    out.push_back(line_code_class());
    out.push_back(line_class());
    out.push_back(transformer_class());
    out.push_back(load_class());
    out.push_back(capacitor_class());
    out.push_back(reactor_class());
    out.push_back(regulator_control_class());
    out.push_back(capacitor_control_class());
    out.push_back(shape_class());
    out.push_back(generator_class());
    out.push_back(curve_class());
    out.push_back(growth_class());
    out.push_back(meter_class());
    out.push_back(pv_class());
    out.push_back(storage_class());
    out.push_back(current_source_class());
    out.push_back(fault_class());
    out.push_back(transformer_code_class());
    out.push_back(wire_class());
    out.push_back(concentric_cable_class());
    out.push_back(tape_cable_class());
    out.push_back(line_spacing_class());
    out.push_back(line_geometry_class());
    return out;
}

}  // namespace gridflock::inline v0::dss
