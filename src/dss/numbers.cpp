// SPDX-License-Identifier: Apache-2.0
// Values of properties: numbers, yes and no, connections, units.
#include "numbers.hpp"

#include "session.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

namespace gridflock::inline v0::dss {

namespace {

constexpr double largest = 1e100;

bool is_finite(double v) {
    return v - v == 0;
}

}  // namespace

std::string Session::variable(const std::string& text) const {
    if (text.size() < 2 || text[0] != '@') return text;
    const std::size_t cut = std::min(text.find('^'), text.find('.'));
    const auto found = variables_.find(lower(text.substr(0, cut)));
    if (found == variables_.end()) return text;
    return found->second + (cut == std::string::npos ? "" : text.substr(cut));
}

double Session::outside(const Value& v, std::string rule, std::string remedy) {
    fault_at(here(), "'" + v.text + "'", std::move(rule), std::move(remedy));
    return range_ ? range_->instead : 0;
}

double Session::number(const Value& v) {
    const std::string text = variable(v.text);
    double out = 0;
    if (!parse_number(text, out)) {
        const bool is_expression = v.is_quoted || text != v.text;
        Calculator calculator;
        const std::string wrong =
            is_expression
                ? calculator.run(text, [this](const std::string& word) { return variable(word); })
                : "";
        is_line_broken_ = is_line_broken_ || !is_expression || !wrong.empty();
        if (!is_expression || !wrong.empty())
            return outside(v,
                           "must be a number, or numbers and operators in brackets" +
                               (wrong.empty() ? "" : ": " + wrong),
                           "write e.g. 12.47 or (8 1000 /)");
        out = calculator.result();
    }
    if (!is_finite(out))
        return outside(v, "must come to a finite number", "look for a division by 0");
    if (range_ && !range_->holds(out)) return outside(v, range_->rule, range_->remedy);
    if (math::abs(out) > largest)
        return outside(v, "must be within 1e100", "look for a wrong unit or exponent");
    return out;
}

int Session::integer(const Value& v) {
    const double out = number(v);
    if (math::abs(out) <= 1e9) return static_cast<int>(math::to_integer(out));
    outside(v, "must be a whole number within 1e9", "write e.g. 1 or 3");
    return range_ ? static_cast<int>(range_->instead) : 0;
}

bool Session::boolean(const Value& v) {
    const std::string word = lower(variable(v.text));
    const char c = word.empty() ? ' ' : word[0];
    if (c == 'y' || c == 't' || c == '1') return true;
    if (c != 'n' && c != 'f' && c != '0')
        fault("'" + v.text + "'", "must be yes or no", "write yes or no, true or false");
    return false;
}

grid::Complex Session::complex_number(const Value& v) {
    const std::vector<double> parts = numbers(v);
    if (parts.empty() || parts.size() > 2)
        fault(fmt::format("{} values", parts.size()), "must be a real and an imaginary part",
              "write e.g. [0.1 0.5]");
    return {parts.empty() ? 0.0 : parts[0], parts.size() < 2 ? 0.0 : parts[1]};
}

bool Session::is_delta(const std::string& word) {
    const std::string w = lower(variable(word));
    if (w.starts_with('d') || w.starts_with("ll")) return true;
    if (!w.starts_with('w') && !w.starts_with('y') && !w.starts_with("ln"))
        fault("'" + word + "'", "must be wye or delta", "write wye or delta");
    return false;
}

double Session::unit_m(const std::string& word) {
    const std::string w = lower(variable(word)).substr(0, 2);
    if (w == "mi") return 1609.344;
    if (w == "kf") return 304.8;
    if (w == "km") return 1000.0;
    if (w == "m" || w == "me") return 1.0;
    if (w == "ft") return 0.3048;
    if (w == "in") return 0.0254;
    if (w == "cm") return 0.01;
    if (w == "mm") return 0.001;
    if (w != "no")
        fault("'" + word + "'", "is no unit of length",
              "write none, mi, kft, km, m, ft, in, cm or mm");
    return 0.0;
}

}  // namespace gridflock::inline v0::dss
