// SPDX-License-Identifier: Apache-2.0
// A line of a script cut into parameters: `name=value` or `value`.
//
// Blanks, commas and = part tokens; "..." '...' (...) [...] {...} keep one together (the quotes are
// taken off and not nested); ! and // end the line outside quotes.
#pragma once

#include <string>
#include <string_view>

namespace gridflock::inline v0::dss {

std::string lower(std::string_view text);

/// Whether a quote or bracket that the line opens is not closed in it.
bool has_open_quote(std::string_view line);

struct Parameter {
    std::string name;  ///< lower case; "" when the value stands alone
    std::string value;
    bool is_quoted = false;
    bool is_given = false;  ///< whether something stood there, be it empty quotes
};

class Tokens {
public:
    /// `extra_delimiters` part tokens too (| in vectors).
    explicit Tokens(std::string_view text, std::string_view extra_delimiters = "");
    /// False at the end of the text. Between two commas stands a value that is not given.
    bool next(Parameter& out);
    /// One token, no name: for elements of arrays.
    bool next_item(Parameter& out);
    /// The delimiter that ended the last token.
    char delimiter() const { return delimiter_; }
    std::string_view rest() const { return text_.substr(position_); }
    /// Whether a quote or bracket read so far is not closed.
    bool is_unclosed() const { return is_unclosed_; }

private:
    bool is_blank(std::size_t i) const;
    bool is_comment(std::size_t i) const;
    bool is_delimiter(std::size_t i) const;
    void skip_blanks();
    void take(Parameter& out);

    std::string_view text_;
    std::string delimiters_;
    std::size_t position_ = 0;
    char delimiter_ = ' ';
    bool is_unclosed_ = false;
};

}  // namespace gridflock::inline v0::dss
