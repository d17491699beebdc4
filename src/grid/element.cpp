// SPDX-License-Identifier: Apache-2.0
#include <gridflock/grid/element.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <type_traits>

namespace gridflock::inline v0::grid {

namespace {

constexpr std::array kind_names{"vsource", "line", "transformer", "capacitor",
                                "reactor", "load", "generator",   "isource"};
constexpr std::size_t max_conductors = 64;  // bits of Opening::conductors

const char* word_of(ElementKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

/// Calls f(element) with the element's own type.
template <class C, class F>
decltype(auto) visit(C& c, ElementRef r, F&& f) {
    switch (r.kind) {
        case ElementKind::source:
            return f(c.sources[r.pos()]);
        case ElementKind::transformer:
            return f(c.transformers[r.pos()]);
        case ElementKind::capacitor:
            return f(c.capacitors[r.pos()]);
        case ElementKind::reactor:
            return f(c.reactors[r.pos()]);
        case ElementKind::load:
            return f(c.loads[r.pos()]);
        case ElementKind::generator:
            return f(c.generators[r.pos()]);
        case ElementKind::current_source:
            return f(c.current_sources[r.pos()]);
        default:
            return f(c.lines[r.pos()]);
    }
}

/// Addresses of the connections of an element, const where it is.
template <class E>
auto connections(E& e) {
    using C = std::conditional_t<std::is_const_v<E>, const Connection, Connection>;
    std::vector<C*> out;
    if constexpr (requires { e.windings; }) {
        for (auto& w : e.windings) out.push_back(&w.at);
    } else if constexpr (requires { e.at_bus; }) {
        out.push_back(&e.at_bus);
    } else {
        out.push_back(&e.from);
        bool has_second = true;
        if constexpr (requires { e.is_delta; }) has_second = !e.is_delta;
        if (has_second) out.push_back(&e.to);
    }
    return out;
}

std::string lower(std::string_view text) {
    std::string s(text);
    for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return s;
}

[[noreturn]] void refuse(const Circuit& circuit, ElementRef ref, int given, const char* what,
                         std::size_t count) {
    const Element& e = element(circuit, ref);
    throw ScenarioError(
        {{e.at, std::string(what) + " " + std::to_string(given) + " of " + full_name(circuit, ref),
          std::string("must be one of its ") + std::to_string(count) + " " + what +
              (count == 1 ? "" : "s"),
          "count from 1; 0 means all"}});
}

void set_contacts(Circuit& circuit, ElementRef ref, int terminal, int conductor, bool is_open) {
    const auto ends = visit(circuit, ref, [](auto& e) { return connections(e); });
    if (terminal < 0 || terminal > static_cast<int>(ends.size()))
        refuse(circuit, ref, terminal, "terminal", ends.size());
    for (std::size_t t = 0; t < ends.size(); ++t) {
        if (terminal != 0 && terminal != static_cast<int>(t) + 1) continue;
        Connection& c = *ends[t];
        const std::size_t n = c.nodes.size();
        if (conductor < 0 || conductor > static_cast<int>(n) || n > max_conductors)
            refuse(circuit, ref, conductor, "conductor", n);
        if (c.is_open.empty() && !is_open) continue;
        c.is_open.resize(n, 0);
        for (std::size_t k = 0; k < n; ++k)
            if (conductor == 0 || conductor == static_cast<int>(k) + 1) c.is_open[k] = is_open;
        if (std::find(c.is_open.begin(), c.is_open.end(), 1) == c.is_open.end()) c.is_open.clear();
    }
}

}  // namespace

std::vector<ElementRef> all_elements(const Circuit& c) {
    std::vector<ElementRef> out;
    const auto add = [&](const auto& table, ElementKind kind) {
        for (std::size_t i = 0; i < table.size(); ++i)
            out.push_back({kind, static_cast<std::int32_t>(i)});
    };
    add(c.sources, ElementKind::source);
    add(c.lines, ElementKind::line);
    add(c.transformers, ElementKind::transformer);
    add(c.capacitors, ElementKind::capacitor);
    add(c.reactors, ElementKind::reactor);
    add(c.loads, ElementKind::load);
    add(c.generators, ElementKind::generator);
    add(c.current_sources, ElementKind::current_source);
    return out;
}

const Element& element(const Circuit& circuit, ElementRef ref) {
    return visit(circuit, ref, [](const auto& e) -> const Element& { return e; });
}

std::string full_name(const Circuit& circuit, ElementRef ref) {
    const Element& e = element(circuit, ref);
    const std::string& path = e.at.path;  // "pvsystem.roof" where a file says so
    const bool is_named = path.size() > e.name.size() && path.ends_with("." + e.name);
    return is_named ? lower(path) : word_of(ref.kind) + ("." + e.name);
}

std::vector<const Connection*> terminals(const Circuit& circuit, ElementRef ref) {
    return visit(circuit, ref, [](const auto& e) { return connections(e); });
}

ElementRef find_element(const Circuit& circuit, std::string_view name) {
    const std::string wanted = lower(name);
    for (const ElementRef r : all_elements(circuit)) {
        const Element& e = element(circuit, r);
        if (!wanted.ends_with(e.name)) continue;
        if (wanted == full_name(circuit, r) || wanted == word_of(r.kind) + ("." + e.name)) return r;
    }
    return {};
}

std::string suggest_element(const Circuit& circuit, std::string_view name) {
    const std::string wanted = lower(name);
    const std::string kind = wanted.substr(0, wanted.find('.'));
    std::vector<std::string> all, alike, kinds;
    for (const ElementRef r : all_elements(circuit)) {
        all.push_back(full_name(circuit, r));
        const std::string& full = all.back();
        if (element(circuit, r).name == wanted) return "did you mean '" + full + "'?";
        kinds.push_back(full.substr(0, full.find('.')));
        if (kinds.back() == kind) alike.push_back(full);
    }
    const std::string near = nearest(wanted, alike.empty() ? all : alike);
    if (!near.empty()) return "did you mean '" + near + "'?";
    std::sort(kinds.begin(), kinds.end());
    kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
    if (alike.empty()) return "write class.name, e.g. line.sw1; " + suggest(kind, kinds);
    constexpr std::size_t shown = 8;
    std::string s = std::to_string(alike.size()) + " of them: ";
    for (std::size_t i = 0; i < alike.size() && i < shown; ++i) s += (i ? ", " : "") + alike[i];
    return s + (alike.size() > shown ? ", ..." : "");
}

ElementRef require_element(const Circuit& circuit, std::string_view name, const Place& at) {
    const ElementRef r = find_element(circuit, name);
    if (r.valid()) return r;
    throw ScenarioError({{at, "'" + std::string(name) + "'", "is no element of the circuit",
                          suggest_element(circuit, name)}});
}

void open(Circuit& circuit, ElementRef ref, int terminal, int conductor) {
    if (ref.kind == ElementKind::source || ref.kind == ElementKind::current_source)
        throw ScenarioError(
            {{element(circuit, ref).at, full_name(circuit, ref), "is a source, which has no switch",
              "open the line or transformer that it feeds"}});
    set_contacts(circuit, ref, terminal, conductor, true);
}

void close(Circuit& circuit, ElementRef ref, int terminal, int conductor) {
    set_contacts(circuit, ref, terminal, conductor, false);
}

void open(Circuit& circuit, std::string_view name, int terminal, int conductor) {
    open(circuit, require_element(circuit, name), terminal, conductor);
}

void close(Circuit& circuit, std::string_view name, int terminal, int conductor) {
    close(circuit, require_element(circuit, name), terminal, conductor);
}

std::vector<Opening> openings(const Circuit& circuit) {
    std::vector<Opening> out;
    for (const ElementRef r : all_elements(circuit)) {
        const auto ends = terminals(circuit, r);
        for (std::size_t t = 0; t < ends.size(); ++t) {
            const auto& is_open = ends[t]->is_open;
            std::uint64_t bits = 0;
            for (std::size_t k = 0; k < is_open.size() && k < max_conductors; ++k)
                if (is_open[k]) bits |= std::uint64_t{1} << k;
            if (bits != 0) out.push_back({r, static_cast<std::int32_t>(t), bits});
        }
    }
    return out;
}

void set_openings(Circuit& circuit, std::span<const Opening> open) {
    for (const Opening& o : openings(circuit))
        set_contacts(circuit, o.element, o.terminal + 1, 0, false);
    for (const Opening& o : open)
        for (std::size_t k = 0; k < max_conductors; ++k)
            if (o.conductors >> k & 1U)
                set_contacts(circuit, o.element, o.terminal + 1, static_cast<int>(k) + 1, true);
}

}  // namespace gridflock::inline v0::grid
