// SPDX-License-Identifier: Apache-2.0
#include "tokens.hpp"

#include <algorithm>
#include <cctype>

namespace gridflock::inline v0::dss {

namespace {
constexpr std::string_view opening = "(\"'[{";
constexpr std::string_view closing = ")\"']}";
}  // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

bool has_open_quote(std::string_view line) {
    if (line.find_first_of(opening) == std::string_view::npos) return false;
    Tokens tokens(line);
    Parameter p;
    while (tokens.next(p)) {
    }
    return tokens.is_unclosed();
}

Tokens::Tokens(std::string_view text, std::string_view extra_delimiters)
    : text_(text), delimiters_(",=") {
    delimiters_ += extra_delimiters;
    skip_blanks();
}

bool Tokens::is_blank(std::size_t i) const {
    return i < text_.size() && (text_[i] == ' ' || text_[i] == '\t');
}

bool Tokens::is_comment(std::size_t i) const {
    return text_[i] == '!' || (text_[i] == '/' && i + 1 < text_.size() && text_[i + 1] == '/');
}

bool Tokens::is_delimiter(std::size_t i) const {
    return delimiters_.find(text_[i]) != std::string::npos;
}

void Tokens::skip_blanks() {
    while (is_blank(position_)) ++position_;
}

void Tokens::take(Parameter& out) {
    out.value.clear();
    out.is_quoted = false;
    const std::size_t quote =
        position_ < text_.size() ? opening.find(text_[position_]) : std::string_view::npos;
    bool at_comment = false;
    if (quote != std::string_view::npos) {
        const std::size_t closed = text_.find(closing[quote], position_ + 1);
        const std::size_t end = std::min(closed, text_.size());
        is_unclosed_ = is_unclosed_ || closed == std::string_view::npos;
        out.value = text_.substr(position_ + 1, end - position_ - 1);
        out.is_quoted = true;
        position_ = std::min(end + 1, text_.size());
        skip_blanks();
    } else {
        const std::size_t start = position_;
        while (position_ < text_.size() && !is_blank(position_) && !is_delimiter(position_) &&
               !(at_comment = is_comment(position_)))
            ++position_;
        out.value = text_.substr(start, position_ - start);
        skip_blanks();
    }
    out.is_given = out.is_quoted || !out.value.empty();
    delimiter_ = ' ';
    if (at_comment || (position_ < text_.size() && is_comment(position_))) {
        position_ = text_.size();
        return;
    }
    if (position_ < text_.size() && is_delimiter(position_)) delimiter_ = text_[position_++];
    skip_blanks();
}

bool Tokens::next(Parameter& out) {
    out.name.clear();
    if (position_ >= text_.size()) return false;
    take(out);
    if (delimiter_ == '=') {
        out.name = lower(out.value);
        take(out);
    }
    return out.is_given || !out.name.empty() || delimiter_ != ' ' || position_ < text_.size();
}

bool Tokens::next_item(Parameter& out) {
    out.name.clear();
    if (position_ >= text_.size()) return false;
    take(out);
    return !out.value.empty() || delimiter_ != ' ';
}

}  // namespace gridflock::inline v0::dss
