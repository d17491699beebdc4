// SPDX-License-Identifier: Apache-2.0
// Numbers as scripts write them: plain ones, and expressions in reverse Polish notation.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::dss {

/// Reads one finite number: 1, -.5, +5, 5., 1e3. Blanks around it are allowed, nothing else is.
bool parse_number(std::string_view text, double& out);

/// A pocket calculator: numbers are pushed, operators take from the top.
class Calculator {
public:
    static constexpr std::size_t depth = 10;

    /// What is wrong with the expression, "" when nothing is. `variable` gives the text for a
    /// word that may begin with @.
    std::string run(const std::string& expression,
                    const std::function<std::string(const std::string&)>& variable);
    double result() const { return stack_.empty() ? 0 : stack_.back(); }

private:
    std::string apply(const std::string& word);
    bool apply_two(const std::string& word);
    bool apply_one(const std::string& word);

    std::vector<double> stack_;
};

}  // namespace gridflock::inline v0::dss
