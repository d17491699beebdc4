// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 2020-12) from the field tables, for editors that complete and check TOML.
#include <gridflock/io/scenario_file.hpp>
#include <gridflock/scenario/field.hpp>

#include <nlohmann/json.hpp>

#include <cmath>

namespace gridflock::inline v0::io {

using scenario::Field;
using scenario::Schema;
using scenario::Value;
using Json = nlohmann::ordered_json;

namespace {

Json to_json(const Value& v) {
    switch (v.kind()) {
        case Value::Kind::none:
            return nullptr;
        case Value::Kind::boolean:
            return v.boolean();
        case Value::Kind::integer:
            return v.integer();
        case Value::Kind::number:
            return v.number();
        case Value::Kind::text:
            return v.text();
        case Value::Kind::array: {
            Json list = Json::array();
            for (const Value& x : v.array()) list.push_back(to_json(x));
            return list;
        }
        case Value::Kind::table: {
            Json object = Json::object();
            for (const auto& [key, x] : v.table()) object[key] = to_json(x);
            return object;
        }
    }
    return nullptr;
}

void add_range(Json& j, const Field& f) {
    if (std::isfinite(f.range.min))
        j[f.range.open_min ? "exclusiveMinimum" : "minimum"] = f.range.min;
    if (std::isfinite(f.range.max)) j["maximum"] = f.range.max;
}

Json number_schema(const Field& f) {
    Json j{{"type", "number"}};
    add_range(j, f);
    return j;
}

Json text_schema() {
    return {{"type", "string"}};
}
Json list_of(Json items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}

Json dist_schema(const Field& f) {
    const Json law{
        {"type", "object"},
        {"properties",
         {{"dist", {{"enum", {"constant", "uniform", "normal", "lognormal", "discrete"}}}},
          {"values", list_of({{"type", "number"}})},
          {"p", list_of({{"type", "number"}})}}},
        {"additionalProperties", {{"type", "number"}}}};
    return {{"anyOf", {number_schema(f), law}}};
}

Json object_schema(const Schema& s);

Json leaf_schema(const Field& f) {
    const std::string type = f.codec->type;
    if (!f.choices.empty()) {
        Json words = Json::array();
        for (const char* w : f.choices) words.push_back(w);
        return {{"enum", words}};
    }
    if (type == "boolean") return {{"type", "boolean"}};
    if (type == "integer") {
        Json j{{"type", "integer"}};
        add_range(j, f);
        return j;
    }
    if (type == "number") return number_schema(f);
    if (type == "dist") return dist_schema(f);
    if (type == "duration") return {{"type", "string"}, {"pattern", "^[0-9.]+ *[a-z]+$"}};
    if (type == "clock time")
        return {{"type", "string"}, {"pattern", "^(D([+-][0-9]+)? )?[0-2][0-9]:[0-5][0-9]$"}};
    if (type == "list of numbers")
        return {{"anyOf", {number_schema(f), list_of(number_schema(f))}}};
    if (type == "list of texts") return {{"anyOf", {text_schema(), list_of(text_schema())}}};
    if (type == "integer or list of texts")
        return {{"anyOf", {Json{{"type", "integer"}, {"minimum", 1}}, list_of(text_schema())}}};
    if (type == "text or table")
        return {{"anyOf", {text_schema(), Json{{"type", "object"}, {"maxProperties", 1}}}}};
    if (type == "table of lists")
        return {{"type", "object"}, {"additionalProperties", list_of({{"type", "number"}})}};
    if (type == "table of tables")
        return {{"type", "object"}, {"additionalProperties", {{"type", "object"}}}};
    if (type == "table") return {{"type", "object"}};
    return text_schema();
}

Json field_schema(const Schema& s, const Field& f) {
    Json j;
    if (f.is_list())
        j = list_of(object_schema(*f.codec->schema()));
    else if (f.is_section())
        j = object_schema(*f.codec->schema());
    else
        j = leaf_schema(f);
    j["description"] = *f.unit ? std::string(f.doc) + " Unit: " + f.unit + "." : std::string(f.doc);
    if (!f.is_list() && !f.is_section() && !f.required) {
        const Value fallback = f.codec->write(f.member_of(s.defaults()), f);
        if (!fallback.is_none()) j["default"] = to_json(fallback);
    }
    return j;
}

Json object_schema(const Schema& s) {
    Json properties = Json::object(), required = Json::array();
    for (const Field& f : s.fields) {
        properties[f.key] = field_schema(s, f);
        if (f.required) required.push_back(f.key);
    }
    Json j{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
    if (!required.empty()) j["required"] = required;
    if (!s.shorthand) return j;
    return {{"anyOf", {j, Json{{"type", "boolean"}}, text_schema()}}};
}

std::string document(const Schema& s, const char* title) {
    Json j{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
    j.update(object_schema(s));
    return j.dump(2) + "\n";
}

}  // namespace

std::string scenario_schema() {
    return document(scenario::scenario_fields(), "gridflock scenario");
}
std::string market_schema() {
    return document(scenario::market_rules_fields(), "gridflock market rules");
}

}  // namespace gridflock::inline v0::io
