// SPDX-License-Identifier: Apache-2.0
// Values of properties: numbers, RPN expressions, arrays, matrices, words.
#include "session.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

#include <charconv>

namespace gridflock::inline v0::dss {

namespace {

bool is_finite(double v) {
    return v - v == 0;
}

bool parse_plain(std::string_view text, double& out) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{} || !is_finite(out)) return false;
    return stop == end || (stop + 1 == end && *stop == '.');
}

/// The stack of a pocket calculator: four registers, x on top.
struct Calculator {
    std::array<double, 4> r{};

    void push(double v) { r = {v, r[0], r[1], r[2]}; }
    void reduce(double v) { r = {v, r[2], r[3], r[3]}; }
    bool apply(const std::string& op);
    bool apply_one(const std::string& op);
};

bool Calculator::apply_one(const std::string& op) {
    double& x = r[0];
    if (op == "sqrt")
        x = math::sqrt(x);
    else if (op == "sqr")
        x = x * x;
    else if (op == "inv")
        x = 1.0 / x;
    else if (op == "ln")
        x = math::log(x);
    else if (op == "log10")
        x = math::log10(x);
    else if (op == "exp")
        x = math::exp(x);
    else if (op == "sin")
        x = math::sin(x * math::radians);
    else if (op == "cos")
        x = math::cos(x * math::radians);
    else if (op == "tan")
        x = math::tan(x * math::radians);
    else if (op == "asin")
        x = math::asin(x) * math::degrees;
    else if (op == "acos")
        x = math::acos(x) * math::degrees;
    else if (op == "atan")
        x = math::atan(x) * math::degrees;
    else
        return false;
    return true;
}

bool Calculator::apply(const std::string& op) {
    if (op == "+")
        reduce(r[1] + r[0]);
    else if (op == "-")
        reduce(r[1] - r[0]);
    else if (op == "*")
        reduce(r[1] * r[0]);
    else if (op == "/")
        reduce(r[1] / r[0]);
    else if (op == "^")
        reduce(math::pow(r[1], r[0]));
    else if (op == "atan2")
        reduce(math::atan2(r[1], r[0]) * math::degrees);
    else if (op == "pi")
        push(math::pi);
    else if (op == "swap")
        std::swap(r[0], r[1]);
    else if (op == "rollup")
        r = {r[3], r[0], r[1], r[2]};
    else if (op == "rolldn")
        r = {r[1], r[2], r[3], r[0]};
    else
        return apply_one(op);
    return true;
}

}  // namespace

std::string Session::variable(const std::string& text) const {
    if (text.size() < 2 || text[0] != '@') return text;
    const std::size_t cut = std::min(text.find('^'), text.find('.'));
    const auto found = variables_.find(lower(text.substr(0, cut)));
    if (found == variables_.end()) return text;
    return found->second + (cut == std::string::npos ? "" : text.substr(cut));
}

double Session::rpn(const std::string& text, bool& is_number) {
    Calculator calculator;
    Tokens tokens(text);
    Parameter p;
    while (tokens.next_item(p)) {
        double v = 0;
        const std::string word = variable(p.value);
        if (parse_plain(word, v))
            calculator.push(v);
        else if (!calculator.apply(lower(word)))
            is_number = false;
    }
    return calculator.r[0];
}

double Session::read(const Value& v, bool& is_number) {
    const std::string text = variable(v.text);
    double out = 0;
    if (text.empty() || parse_plain(text, out)) return out;
    is_number = v.is_quoted || text != v.text;
    return is_number ? rpn(text, is_number) : 0;
}

double Session::outside(const Value& v, std::string rule, std::string remedy) {
    fault("'" + v.text + "'", std::move(rule), std::move(remedy));
    return range_ ? range_->instead : 0;
}

double Session::number(const Value& v) {
    bool is_number = true;
    const double out = read(v, is_number);
    if (!is_number)
        return outside(v, "must be a number, or numbers and operators in brackets",
                       "write e.g. 12.47 or (8 1000 /)");
    if (!is_finite(out))
        return outside(v, "must come to a finite number", "look for a division by 0");
    if (range_ && !range_->holds(out)) return outside(v, range_->rule, range_->remedy);
    return out;
}

int Session::integer(const Value& v) {
    const double out = number(v);
    if (math::abs(out) <= 1e9) return static_cast<int>(math::to_integer(out));
    outside(v, "must be a whole number within 1e9", "write e.g. 1 or 3");
    return range_ ? static_cast<int>(range_->instead) : 0;
}

bool Session::boolean(const Value& v) {
    const char c = v.text.empty() ? 'n' : lower(v.text)[0];
    return c == 'y' || c == 't' || c == '1';
}

std::vector<double> Session::numbers(const Value& v) {
    std::vector<double> out;
    Tokens tokens(v.text, "|");
    Parameter p;
    while (tokens.next_item(p)) {
        if (p.value.empty()) continue;
        out.push_back(number({p.value, p.is_quoted}));
    }
    return out;
}

std::vector<std::string> Session::words(const Value& v) {
    std::vector<std::string> out;
    Tokens tokens(v.text, "|");
    Parameter p;
    while (tokens.next_item(p))
        if (!p.value.empty()) out.push_back(lower(variable(p.value)));
    return out;
}

std::vector<double> Session::symmetric(const Value& v, std::size_t order) {
    std::vector<double> out(order * order, 0.0);
    std::size_t row = 0;
    std::size_t start = 0;
    const std::string& text = v.text;
    while (start <= text.size() && row < order) {
        const std::size_t end = std::min(text.find('|', start), text.size());
        const std::vector<double> values = numbers({text.substr(start, end - start), true});
        for (std::size_t col = 0; col < values.size() && col < order; ++col)
            out[row * order + col] = out[col * order + row] = values[col];
        start = end + 1;
        ++row;
    }
    return out;
}

grid::Complex Session::complex_number(const Value& v) {
    const std::vector<double> parts = numbers(v);
    return {parts.empty() ? 0.0 : parts[0], parts.size() < 2 ? 0.0 : parts[1]};
}

bool Session::is_delta(const std::string& word) const {
    const std::string w = lower(word);
    return !w.empty() && (w[0] == 'd' || w.substr(0, 2) == "ll");
}

double Session::unit_m(const std::string& word) const {
    const std::string w = lower(word).substr(0, 2);
    if (w == "mi") return 1609.344;
    if (w == "kf") return 304.8;
    if (w == "km") return 1000.0;
    if (w == "m" || w == "me") return 1.0;
    if (w == "ft") return 0.3048;
    if (w == "in") return 0.0254;
    if (w == "cm") return 0.01;
    if (w == "mm") return 0.001;
    return 0.0;
}

}  // namespace gridflock::inline v0::dss
