#include "line_object.hpp"
namespace gridflock::inline v0::dss {
void line_geometry(LineObject&, const Value&, Session&) {}
void line_spacing(LineObject&, const Value&, Session&) {}
void line_wires(LineObject&, const Value&, Session&) {}
void line_cn_cables(LineObject&, const Value&, Session&) {}
void line_ts_cables(LineObject&, const Value&, Session&) {}
bool line_from_wires(const LineObject&, Build&, grid::Line&) { return false; }
}
