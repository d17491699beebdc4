// SPDX-License-Identifier: Apache-2.0
#include "pattern.hpp"

#include <algorithm>

namespace gridflock::inline v0::dss {

namespace {

constexpr std::size_t longest = 2000;  // steps
constexpr int deepest = 50;            // brackets within each other

void put(std::array<std::uint64_t, 4>& set, unsigned char c) {
    set[c / 64] |= std::uint64_t(1) << (c % 64);
}

bool has(const std::array<std::uint64_t, 4>& set, unsigned char c) {
    return (set[c / 64] >> (c % 64) & 1) != 0;
}

unsigned char lower_byte(char c) {
    return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

void put_range(std::array<std::uint64_t, 4>& set, char first, char last) {
    for (int c = lower_byte(first); c <= lower_byte(last); ++c)
        put(set, static_cast<unsigned char>(c));
}

void invert(std::array<std::uint64_t, 4>& set) {
    for (auto& word : set) word = ~word;
}

template <class Code>
void append(Code& code, const Code& more) {
    code.insert(code.end(), more.begin(), more.end());
}

}  // namespace

Pattern::Pattern(std::string_view text) : text_(text) {
    code_ = alternatives(0);
    if (wrong_.empty() && at_ < text_.size()) fail("a ) without its (");
    code_.push_back({Kind::done, {}, 0, 0});
}

void Pattern::fail(const char* what) {
    if (wrong_.empty()) wrong_ = what;
    at_ = text_.size();
}

Pattern::Code Pattern::alternatives(int depth) {
    Code code = sequence(depth);
    while (at_ < text_.size() && text_[at_] == '|') {
        ++at_;
        const Code other = sequence(depth);
        const int n = static_cast<int>(code.size()), m = static_cast<int>(other.size());
        Code both{{Kind::split, {}, 1, n + 2}};
        append(both, code);
        both.push_back({Kind::jump, {}, m + 1, 0});
        append(both, other);
        code = std::move(both);
        if (code.size() > longest) fail("it is too long");
    }
    return code;
}

Pattern::Code Pattern::sequence(int depth) {
    Code code;
    while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
        append(code, repeated(atom(depth)));
        if (code.size() > longest) fail("it is too long");
    }
    return code;
}

/// {m}, {m,}, {m,n}
bool Pattern::counts(int& least, int& most) {
    const std::size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) return false;
    int values[2] = {0, -1}, which = 0;
    for (std::size_t i = at_ + 1; i < end; ++i) {
        const char c = text_[i];
        if (c == ',' && which == 0)
            which = 1;
        else if (c >= '0' && c <= '9' && values[which] < 1000)
            values[which] = std::max(values[which], 0) * 10 + (c - '0');
        else
            return false;
    }
    at_ = end + 1;
    least = values[0];
    most = which == 0 ? least : values[1];
    return most < 0 || least <= most;
}

Pattern::Code Pattern::repeated(Code one) {
    while (at_ < text_.size()) {
        const char c = text_[at_];
        int least = c == '+' ? 1 : 0, most = c == '?' ? 1 : -1;
        if (c == '{') {
            if (!counts(least, most)) return fail("a wrong number of times in {}"), one;
        } else if (c == '*' || c == '+' || c == '?') {
            ++at_;
        } else {
            break;
        }
        if (at_ < text_.size() && text_[at_] == '?') ++at_;  // how greedy does not matter
        const int n = static_cast<int>(one.size());
        const auto times = static_cast<std::size_t>(std::max(least, most)) + 1;
        if ((one.size() + 2) * times > longest) return fail("it is too long"), one;
        Code code;
        for (int i = 0; i < least; ++i) append(code, one);
        for (int i = least; i < most; ++i) {
            code.push_back({Kind::split, {}, 1, n + 1});
            append(code, one);
        }
        if (most < 0) {
            code.push_back({Kind::split, {}, 1, n + 2});
            append(code, one);
            code.push_back({Kind::jump, {}, -n - 1, 0});
        }
        one = std::move(code);
    }
    return one;
}

Pattern::Code Pattern::atom(int depth) {
    const char c = text_[at_++];
    Set set{};
    if (c == '(') {
        if (depth >= deepest) return fail("too many brackets"), Code{};
        if (text_.substr(at_, 2) == "?:") at_ += 2;
        Code inner = alternatives(depth + 1);
        if (at_ >= text_.size()) return fail("a ( without its )"), Code{};
        ++at_;
        return inner;
    }
    if (c == '*' || c == '+' || c == '?' || c == '{')
        return fail("nothing stands before * + ? or {"), Code{};
    if (c == '^') return {{Kind::begin, {}, 1, 0}};
    if (c == '$') return {{Kind::end, {}, 1, 0}};
    if (c == '.')
        invert(set);
    else if (c == '[')
        set = bracket();
    else if (c == '\\' && at_ < text_.size())
        set = escaped(text_[at_++]);
    else if (c == '\\')
        fail("a \\ at the end");
    else
        put(set, lower_byte(c));
    return {{Kind::set, set, 1, 0}};
}

Pattern::Set Pattern::escaped(char c) const {
    Set set{};
    const char kind = static_cast<char>(lower_byte(c));
    if (kind == 'd' || kind == 'w') put_range(set, '0', '9');
    if (kind == 'w') {
        put_range(set, 'a', 'z');
        put(set, '_');
    }
    if (kind == 's')
        for (const char blank : {' ', '\t'}) put(set, static_cast<unsigned char>(blank));
    if (kind != 'd' && kind != 'w' && kind != 's')
        put(set, lower_byte(c));
    else if (c == 'D' || c == 'W' || c == 'S')
        invert(set);
    return set;
}

Pattern::Set Pattern::bracket() {
    Set set{};
    const bool is_inverse = at_ < text_.size() && text_[at_] == '^';
    if (is_inverse) ++at_;
    for (bool is_first = true;; is_first = false) {
        if (at_ >= text_.size()) return fail("a [ without its ]"), set;
        const char c = text_[at_++];
        if (c == ']' && !is_first) break;
        if (c == '\\' && at_ < text_.size()) {
            const Set more = escaped(text_[at_++]);
            for (std::size_t i = 0; i < set.size(); ++i) set[i] |= more[i];
        } else if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
            put_range(set, c, text_[at_ + 1]);
            at_ += 2;
        } else {
            put(set, lower_byte(c));
        }
    }
    if (is_inverse) invert(set);
    return set;
}

/// The steps that wait for a byte, or are done, from `step` on.
void Pattern::follow(std::size_t step, bool at_begin, bool at_end, std::vector<std::uint32_t>& out,
                     std::vector<char>& seen) const {
    std::vector<std::uint32_t> open{static_cast<std::uint32_t>(step)};
    while (!open.empty()) {
        const std::uint32_t at = open.back();
        open.pop_back();
        if (seen[at]) continue;
        seen[at] = 1;
        const Step& s = code_[at];
        const auto to = [&](int by) { open.push_back(static_cast<std::uint32_t>(int(at) + by)); };
        if (s.kind == Kind::set || s.kind == Kind::done) out.push_back(at);
        if (s.kind == Kind::jump || (s.kind == Kind::begin && at_begin) ||
            (s.kind == Kind::end && at_end))
            to(s.a);
        if (s.kind != Kind::split) continue;
        to(s.b);
        to(s.a);
    }
}

bool Pattern::is_in(std::string_view name) const {
    std::vector<std::uint32_t> now, next;
    std::vector<char> seen(code_.size(), 0);
    for (std::size_t i = 0; i <= name.size(); ++i) {
        follow(0, i == 0, i == name.size(), now, seen);  // it may begin at any byte
        next.clear();
        std::vector<std::uint32_t> live;
        for (const std::uint32_t step : now) {
            if (code_[step].kind == Kind::done) return true;
            if (i < name.size() && has(code_[step].set, lower_byte(name[i])))
                live.push_back(step + 1);
        }
        std::fill(seen.begin(), seen.end(), 0);
        for (const std::uint32_t step : live) follow(step, false, i + 1 == name.size(), next, seen);
        now.swap(next);
    }
    return false;
}

}  // namespace gridflock::inline v0::dss
