// SPDX-License-Identifier: Apache-2.0
// TOML text to Value and back. The only file that sees toml++.
#include <gridflock/io/scenario_file.hpp>

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace gridflock::inline v0::io {

using scenario::Array;
using scenario::Table;
using scenario::Value;

namespace {

template <class T>
std::string streamed(const T& v) {
    std::ostringstream out;
    out << v;
    return out.str();
}

Value convert(const toml::node& node);

Value convert_table(const toml::table& t) {
    // toml++ sorts keys; the order as written is the order of their places
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (const auto& [key, child] : t) entries.emplace_back(&key, &child);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return a.first->source().begin < b.first->source().begin;
    });
    Table out;
    for (const auto& [key, child] : entries) {
        Value v = convert(*child);
        // a key's line says more than that of a table's header or a list's first element
        if (const auto line = key->source().begin.line; line > 0 && !child->is_array_of_tables())
            v.line = static_cast<int>(line);
        out.emplace_back(std::string(key->str()), std::move(v));
    }
    return out;
}

Value convert(const toml::node& node) {
    Value v;
    if (const auto* t = node.as_table()) {
        v = convert_table(*t);
    } else if (const auto* a = node.as_array()) {
        Array items;
        for (const toml::node& item : *a) items.push_back(convert(item));
        v = std::move(items);
    } else if (const auto* b = node.as_boolean()) {
        v = b->get();
    } else if (const auto* i = node.as_integer()) {
        v = i->get();
    } else if (const auto* x = node.as_floating_point()) {
        v = x->get();
    } else if (const auto* s = node.as_string()) {
        v = s->get();
    } else if (const auto* d = node.as_date()) {
        v = streamed(d->get());
    } else if (const auto* c = node.as_time()) {
        v = streamed(c->get());
    } else if (const auto* w = node.as_date_time()) {
        v = streamed(w->get());
    }
    v.line = static_cast<int>(node.source().begin.line);
    return v;
}

}  // namespace

Value parse_toml(const std::string& text, const std::string& file, std::vector<Fault>& faults) {
    try {
        return convert(toml::parse(text, file));
    } catch (const toml::parse_error& e) {
        faults.push_back({{file, static_cast<int>(e.source().begin.line), ""},
                          "",
                          "is not TOML: " + std::string(e.description()),
                          "column " + std::to_string(e.source().begin.column)});
        return Table{};
    }
}

namespace {

std::string key_text(const std::string& key) {
    const bool is_bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
    });
    return is_bare ? key : scenario::to_text(Value(key));
}

bool is_table_list(const Value& v) {
    return v.is_array() && !v.array().empty() &&
           std::all_of(v.array().begin(), v.array().end(),
                       [](const Value& x) { return x.is_table(); });
}

/// Short tables below a section go on one line; the sections themselves get a header.
bool gets_header(const Value& v, int depth) {
    if (!v.is_table()) return false;
    return depth == 0 || scenario::to_text(v).size() > 80;
}
bool gets_headers(const Value& v, int depth) {
    return is_table_list(v) && (depth == 0 || scenario::to_text(v).size() > 80);
}

void write_note(std::string& out, const Value& v) {
    if (v.note.empty()) return;
    out += "# " + v.note + "\n";
}

void write_table(std::string& out, const Value& t, const std::string& path, int depth) {
    for (const auto& [key, v] : t.table()) {
        if (v.is_none() || gets_header(v, depth) || gets_headers(v, depth)) continue;
        write_note(out, v);
        out += key_text(key) + " = " + scenario::to_text(v) + "\n";
    }
    for (const auto& [key, v] : t.table()) {
        const std::string where = path.empty() ? key_text(key) : path + "." + key_text(key);
        if (gets_header(v, depth)) {
            out += "\n";
            write_note(out, v);
            out += "[" + where + "]\n";
            write_table(out, v, where, depth + 1);
        } else if (gets_headers(v, depth)) {
            for (const Value& item : v.array()) {
                out += "\n[[" + where + "]]\n";
                write_table(out, item, where, depth + 1);
            }
        }
    }
}

}  // namespace

std::string write_toml(const Value& tree) {
    std::string out;
    if (tree.is_table()) write_table(out, tree, "", 0);
    return out;
}

}  // namespace gridflock::inline v0::io
