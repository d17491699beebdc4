// SPDX-License-Identifier: Apache-2.0
// Codecs of the types that described structs are made of, and the makers of fields.
#pragma once

#include <gridflock/scenario/field.hpp>
#include <gridflock/scenario/scenario.hpp>

#include <type_traits>

namespace gridflock::inline v0::scenario {

/// Specialised beside the field table of each described struct.
template <class T>
const Schema& schema_of();
template <>
const Schema& schema_of<TimeFrame>();
template <>
const Schema& schema_of<Background>();
template <>
const Schema& schema_of<Feeder>();
template <>
const Schema& schema_of<MixturePart>();
template <>
const Schema& schema_of<Clouds>();
template <>
const Schema& schema_of<WeatherSource>();
template <>
const Schema& schema_of<At>();
template <>
const Schema& schema_of<Noise>();
template <>
const Schema& schema_of<LoadProfile>();
template <>
const Schema& schema_of<Fleet>();
template <>
const Schema& schema_of<Outage>();
template <>
const Schema& schema_of<Delivery>();
template <>
const Schema& schema_of<Comms>();
template <>
const Schema& schema_of<Programme>();
template <>
const Schema& schema_of<Forecast>();
template <>
const Schema& schema_of<Dispatch>();
template <>
const Schema& schema_of<Market>();
template <>
const Schema& schema_of<Settlement>();
template <>
const Schema& schema_of<Attack>();
template <>
const Schema& schema_of<MeterDelay>();
template <>
const Schema& schema_of<Switching>();
template <>
const Schema& schema_of<Recording>();
template <>
const Schema& schema_of<Figure>();
template <>
const Schema& schema_of<PriceException>();
template <>
const Schema& schema_of<ProductRules>();
template <>
const Schema& schema_of<GateRules>();
template <>
const Schema& schema_of<PriceRules>();
template <>
const Schema& schema_of<BidRules>();
template <>
const Schema& schema_of<BaselineRules>();
template <>
const Schema& schema_of<MoneyRules>();

extern const Codec boolean_codec, integer_codec, seed_codec, number_codec, optional_number_codec,
    text_codec, duration_codec, clock_codec, civil_codec, optional_civil_codec, dist_codec,
    numbers_codec, texts_codec, behind_codec, sites_codec, shapes_codec, table_codec,
    variants_codec;

void read_list(const Schema& element, const Value& v, const Reader& r, const std::string& path,
               void* (*append)(void*), void (*clear)(void*), const Codec& codec, void* member);

/// Position of the entry with that name or number, -1 if there is none.
int find_element(const Schema& element, const Codec& codec, void* member, const std::string& name);
std::string suggest_element(const Schema& element, const Codec& codec, void* member,
                            const std::string& name);
/// An integer when x is one, so that text shows 6 and not 6.0.
Value whole_or_number(double x);

template <class T>
const Schema* schema_pointer() {
    return &schema_of<T>();
}
template <class T>
const void* defaults_of() {
    static const T value{};
    return &value;
}

template <class T>
struct SectionCodec {
    static void read(void* m, const Value& v, const Field&, const Reader& r,
                     const std::string& path) {
        read_struct(schema_of<T>(), m, v, r, path);
    }
    static Value write(const void* m, const Field&) {
        return write_struct(schema_of<T>(), m, false);
    }
    static constexpr Codec codec{"table",           read,    write,  nullptr,
                                 schema_pointer<T>, nullptr, nullptr};
};

template <class T>
struct ListCodec {
    using List = std::vector<T>;
    static std::size_t size(const void* m) { return static_cast<const List*>(m)->size(); }
    static void* at(void* m, std::size_t i) { return &(*static_cast<List*>(m))[i]; }
    static void* append(void* m) { return &static_cast<List*>(m)->emplace_back(); }
    static void clear(void* m) { static_cast<List*>(m)->clear(); }
    static void read(void* m, const Value& v, const Field&, const Reader& r,
                     const std::string& path) {
        read_list(schema_of<T>(), v, r, path, append, clear, codec, m);
    }
    static Value write(const void* m, const Field&) {
        Array items;
        for (const T& item : *static_cast<const List*>(m)) {
            Value entry = write_struct(schema_of<T>(), &item, false);
            items.push_back(entry.is_none() ? Value(Table{}) : std::move(entry));
        }
        return items;
    }
    static constexpr Codec codec{"list of tables",  read, write, nullptr,
                                 schema_pointer<T>, size, at};
};

template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {
    static constexpr const Codec* codec = &ListCodec<T>::codec;
};

template <class T>
constexpr const Codec* codec_for() {
    using std::is_same_v;
    if constexpr (is_same_v<T, bool>)
        return &boolean_codec;
    else if constexpr (is_same_v<T, int>)
        return &integer_codec;
    else if constexpr (is_same_v<T, std::uint64_t>)
        return &seed_codec;
    else if constexpr (is_same_v<T, double>)
        return &number_codec;
    else if constexpr (is_same_v<T, std::optional<double>>)
        return &optional_number_codec;
    else if constexpr (is_same_v<T, std::string>)
        return &text_codec;
    else if constexpr (is_same_v<T, Duration>)
        return &duration_codec;
    else if constexpr (is_same_v<T, ClockTime>)
        return &clock_codec;
    else if constexpr (is_same_v<T, Civil>)
        return &civil_codec;
    else if constexpr (is_same_v<T, std::optional<Civil>>)
        return &optional_civil_codec;
    else if constexpr (is_same_v<T, Dist>)
        return &dist_codec;
    else if constexpr (is_same_v<T, std::vector<double>>)
        return &numbers_codec;
    else if constexpr (is_same_v<T, std::vector<std::string>>)
        return &texts_codec;
    else if constexpr (is_same_v<T, Behind>)
        return &behind_codec;
    else if constexpr (is_same_v<T, Sites>)
        return &sites_codec;
    else if constexpr (is_same_v<T, Table>)
        return &table_codec;
    else if constexpr (is_same_v<T, std::map<std::string, std::vector<double>>>)
        return &shapes_codec;
    else if constexpr (is_same_v<T, std::vector<Variant>>)
        return &variants_codec;
    else if constexpr (IsList<T>::value)
        return IsList<T>::codec;
    else
        return &SectionCodec<T>::codec;
}

template <auto Member>
struct MemberOf;
template <class S, class T, T S::*Member>
struct MemberOf<Member> {
    using Type = T;
    static void* get(void* object) { return &(static_cast<S*>(object)->*Member); }
};

/// A field of the struct member: key and sentence; the rest by the setters below.
template <auto Member>
constexpr Field field(const char* key, const char* doc) {
    return {key, codec_for<typename MemberOf<Member>::Type>(), MemberOf<Member>::get, doc};
}
/// A number with its unit, the scale to SI and its range in the key's unit.
template <auto Member>
constexpr Field number(const char* key, const char* unit, double scale, Range range,
                       const char* doc) {
    Field f = field<Member>(key, doc);
    f.unit = unit;
    f.scale = scale;
    f.range = range;
    return f;
}
/// A text that is one of a few words.
template <auto Member>
constexpr Field word(const char* key, std::span<const char* const> choices, const char* doc) {
    Field f = field<Member>(key, doc);
    f.choices = choices;
    return f;
}
constexpr Field required(Field f) {
    f.required = true;
    return f;
}
constexpr Field only(const char* device, Field f) {
    f.only = device;
    return f;
}

inline constexpr Range any{};
inline constexpr Range positive{0, std::numeric_limits<double>::infinity(), true};
inline constexpr Range not_negative{0, std::numeric_limits<double>::infinity(), false};
inline constexpr Range share{0, 1, false};
constexpr Range between(double low, double high) {
    return {low, high, false};
}

}  // namespace gridflock::inline v0::scenario
