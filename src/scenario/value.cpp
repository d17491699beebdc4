// SPDX-License-Identifier: Apache-2.0
#include <gridflock/scenario/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cctype>

namespace gridflock::inline v0::scenario {

const Value* Value::find(const std::string& key) const {
    if (!is_table()) return nullptr;
    for (const auto& [k, v] : table())
        if (k == key) return &v;
    return nullptr;
}

Value* Value::find(const std::string& key) {
    return const_cast<Value*>(std::as_const(*this).find(key));
}

Value& Value::put(const std::string& key, Value v) {
    if (is_none()) v_ = Table{};
    if (Value* old = find(key)) return *old = std::move(v);
    return table().emplace_back(key, std::move(v)).second;
}

bool Value::operator==(const Value& other) const {
    if (is_number() && other.is_number()) {
        if (is_integer() && other.is_integer()) return integer() == other.integer();
        return number() == other.number() ||
               (number() != number() && other.number() != other.number());
    }
    return v_ == other.v_;
}

std::string number_text(double x) {
    std::array<char, 40> buffer{};
    const auto [end, failure] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x);
    std::string s(buffer.data(), end);
    return failure == std::errc{} ? s : "nan";
}

namespace {

bool is_bare(const std::string& key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
    });
}

std::string quoted(const std::string& s) {
    constexpr const char* digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : s) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += digits[(c >> 4) & 15];
            out += digits[c & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

/// "2024-07-15T00:00:00": TOML has a type for it, so no quotes.
bool is_date_time(const std::string& s) {
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
    if (s.size() != form.size()) return false;
    for (std::size_t i = 0; i < s.size(); ++i) {
        const bool digit = std::isdigit(static_cast<unsigned char>(s[i])) != 0;
        if (form[i] == 'd' ? !digit : s[i] != form[i]) return false;
    }
    return true;
}

std::string key_text(const std::string& key) {
    return is_bare(key) ? key : quoted(key);
}

class Scanner {
public:
    explicit Scanner(const std::string& text) : text_(text) {}

    bool value(Value& out) {
        space();
        if (done()) return false;
        if (peek() == '[') return array(out);
        if (peek() == '{') return table(out);
        if (peek() == '"') {
            std::string s;
            if (!string(s)) return false;
            out = s;
            return true;
        }
        return word(out);
    }
    bool done() const { return at_ >= text_.size(); }
    void space() {
        while (!done() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    }

private:
    const std::string& text_;
    std::size_t at_ = 0;

    char peek() const { return text_[at_]; }
    bool take(char c) {
        space();
        if (done() || peek() != c) return false;
        ++at_;
        return true;
    }
    bool string(std::string& out) {
        if (!take('"')) return false;
        while (!done() && peek() != '"') {
            if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
            out += text_[at_++];
        }
        return take('"');
    }
    bool array(Value& out) {
        Array items;
        take('[');
        while (!take(']')) {
            Value item;
            if (!value(item)) return false;
            items.push_back(std::move(item));
            if (!take(',')) {
                if (!take(']')) return false;
                break;
            }
        }
        out = std::move(items);
        return true;
    }
    bool table(Value& out) {
        Table entries;
        take('{');
        while (!take('}')) {
            std::string key;
            space();
            if (!done() && peek() == '"') {
                if (!string(key)) return false;
            } else {
                while (!done() && (is_bare({peek()}) || peek() == '.')) key += text_[at_++];
            }
            Value item;
            if (key.empty() || !take('=') || !value(item)) return false;
            entries.emplace_back(key, std::move(item));
            if (!take(',')) {
                if (!take('}')) return false;
                break;
            }
        }
        out = std::move(entries);
        return true;
    }
    bool word(Value& out) {
        std::string w;
        while (!done() && peek() != ',' && peek() != ']' && peek() != '}') w += text_[at_++];
        while (!w.empty() && std::isspace(static_cast<unsigned char>(w.back()))) w.pop_back();
        if (w.empty()) return false;
        out = plain(w);
        return true;
    }
    static Value plain(const std::string& w) {
        if (w == "true") return true;
        if (w == "false") return false;
        if (w == "none" || w == "None") return {};
        const char* end = w.data() + w.size();
        std::int64_t i = 0;
        if (const auto r = std::from_chars(w.data(), end, i); r.ec == std::errc{} && r.ptr == end)
            return i;
        double x = 0;
        if (const auto r = std::from_chars(w.data(), end, x); r.ec == std::errc{} && r.ptr == end)
            return x;
        return w;
    }
};

}  // namespace

std::string to_text(const Value& v) {
    switch (v.kind()) {
        case Value::Kind::none:
            return "none";
        case Value::Kind::boolean:
            return v.boolean() ? "true" : "false";
        case Value::Kind::integer:
            return std::to_string(v.integer());
        case Value::Kind::number:
            return number_text(v.number());
        case Value::Kind::text:
            return is_date_time(v.text()) ? v.text() : quoted(v.text());
        case Value::Kind::array: {
            std::string s = "[";
            for (const Value& x : v.array()) s += (s.size() > 1 ? ", " : "") + to_text(x);
            return s + "]";
        }
        case Value::Kind::table: {
            if (v.table().empty()) return "{}";
            std::string s = "{ ";
            for (const auto& [k, x] : v.table())
                s += (s.size() > 2 ? ", " : "") + key_text(k) + " = " + to_text(x);
            return s + " }";
        }
    }
    return "";
}

Value parse_value(const std::string& text) {
    Scanner scanner(text);
    Value v;
    if (!scanner.value(v)) return text;
    scanner.space();
    return scanner.done() ? v : Value(text);
}

}  // namespace gridflock::inline v0::scenario
