// SPDX-License-Identifier: Apache-2.0
// SOURCE  the operators of OpenDSS's in-line mathematics; its rollup doubles the top of the stack,
// its rolldn drops it.
#include "numbers.hpp"
#include "tokens.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

#include <charconv>

namespace gridflock::inline v0::dss {

bool parse_number(std::string_view text, double& out) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{} || !(out - out == 0)) return false;
    return stop == end || (stop + 1 == end && *stop == '.');
}

bool Calculator::apply_one(const std::string& op) {
    if (stack_.empty()) return false;
    double& x = stack_.back();
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
    else if (op == "rollup")
        stack_.push_back(x);
    else if (op == "rolldn")
        stack_.pop_back();
    else
        return false;
    return true;
}

bool Calculator::apply_two(const std::string& op) {
    if (stack_.size() < 2) return false;
    const double x = stack_.back(), y = stack_[stack_.size() - 2];
    double out = 0;
    if (op == "+")
        out = y + x;
    else if (op == "-")
        out = y - x;
    else if (op == "*")
        out = y * x;
    else if (op == "/")
        out = y / x;
    else if (op == "^")
        out = math::pow(y, x);
    else if (op == "atan2")
        out = math::atan2(y, x) * math::degrees;
    else if (op == "swap")
        return std::swap(stack_.back(), stack_[stack_.size() - 2]), true;
    else
        return false;
    stack_.pop_back();
    stack_.back() = out;
    return true;
}

std::string Calculator::apply(const std::string& word) {
    for (const char* op : {"+", "-", "*", "/", "^", "atan2", "swap"})
        if (word == op)
            return apply_two(word) ? "" : fmt::format("'{}' needs two numbers before it", word);
    for (const char* op : {"sqrt", "sqr", "inv", "ln", "log10", "exp", "sin", "cos", "tan", "asin",
                           "acos", "atan", "rollup", "rolldn"})
        if (word == op)
            return apply_one(word) ? "" : fmt::format("'{}' needs a number before it", word);
    if (word != "pi") return fmt::format("'{}' is neither a number nor an operator", word);
    stack_.push_back(math::pi);
    return "";
}

std::string Calculator::run(const std::string& expression,
                            const std::function<std::string(const std::string&)>& variable) {
    Tokens tokens(expression);
    Parameter p;
    std::string wrong;
    while (wrong.empty() && tokens.next_item(p)) {
        double v = 0;
        const std::string word = variable(p.value);
        if (parse_number(word, v))
            stack_.push_back(v);
        else
            wrong = apply(lower(word));
        if (stack_.size() > depth) wrong = fmt::format("more than {} numbers in wait", depth);
    }
    if (wrong.empty() && stack_.size() != 1)
        wrong = stack_.empty() ? "no number stands there"
                               : fmt::format("{} numbers stand where one belongs", stack_.size());
    return wrong;
}

}  // namespace gridflock::inline v0::dss
