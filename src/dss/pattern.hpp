// SPDX-License-Identifier: Apache-2.0
// Regular expressions over names: . [a-z] [^..] \d \w \s ( ) | * + ? {m,n} ^ $.
//
// Every expression takes time proportional to its length times that of the name: all states are
// followed at once (Thompson 1968), none is tried again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::dss {

class Pattern {
public:
    /// Letters match whatever their case. `wrong()` says what is wrong with the text, "" nothing.
    explicit Pattern(std::string_view text);
    const std::string& wrong() const { return wrong_; }
    /// Whether it occurs anywhere in the name.
    bool is_in(std::string_view name) const;

private:
    using Set = std::array<std::uint64_t, 4>;  // of bytes
    enum class Kind : std::uint8_t { set, split, jump, begin, end, done };
    struct Step {
        Kind kind;
        Set set{};
        int a = 0, b = 0;  // where to go on, relative
    };
    using Code = std::vector<Step>;

    Code alternatives(int depth);
    Code sequence(int depth);
    Code repeated(Code one);
    Code atom(int depth);
    Set bracket();
    Set escaped(char c) const;
    bool counts(int& least, int& most);
    void fail(const char* what);
    void follow(std::size_t step, bool at_begin, bool at_end, std::vector<std::uint32_t>& out,
                std::vector<char>& seen) const;

    std::string_view text_;
    std::size_t at_ = 0;
    std::string wrong_;
    Code code_;
};

}  // namespace gridflock::inline v0::dss
