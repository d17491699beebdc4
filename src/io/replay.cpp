// SPDX-License-Identifier: Apache-2.0
#include "io/replay.hpp"

#include <gridflock/io/results_reader.hpp>

#include <algorithm>

namespace gridflock::inline v0::io {

namespace {

const record::TableColumn* column_of(const record::Layout& layout, const std::string& dataset) {
    const std::size_t slash = dataset.find('/');
    const record::Table* t = layout.find_table(dataset.substr(0, slash));
    if (t == nullptr) return nullptr;
    for (const record::TableColumn& c : t->columns)
        if (c.name == dataset.substr(slash + 1)) return &c;
    return nullptr;
}

bool has_lanes(const record::Table& t) {
    return std::any_of(t.columns.begin(), t.columns.end(),
                       [](const record::TableColumn& c) { return c.name == "world"; });
}

class Replay {
public:
    Replay(const std::string& from, const record::Layout& layout, ResultsFile& file)
        : from_(from), old_(from), layout_(layout), file_(file) {}

    void operator()(const RecordedRows& r) const {
        const std::string group = r.dataset.substr(0, r.dataset.find('/'));
        const record::Table* table = layout_.find_table(group);
        if (table != nullptr && !has_lanes(*table)) return;
        if (r.rows == 0 || r.dataset.ends_with("/row")) return;
        const record::TableColumn* c = column_of(layout_, r.dataset);
        if (c != nullptr && c->type == record::ColumnType::text)
            return put(r, old_.read_texts(r.dataset), 1);
        const bool is_real = c != nullptr && c->type == record::ColumnType::real;
        if (r.dataset.ends_with("/time") || (c != nullptr && !is_real))
            return put(r, old_.read_integers(r.dataset), 1);
        const Array all = old_.read(r.dataset);
        put(r, all.values, all.values.size() / std::max<std::size_t>(all.shape.front(), 1));
    }

private:
    template <class T>
    void put(const RecordedRows& r, const std::vector<T>& values, std::size_t cells) const {
        if (values.size() / std::max<std::size_t>(cells, 1) < r.rows)
            throw IoError(from_,
                          "holds fewer rows of '" + r.dataset + "' than its checkpoint counts");
        file_.append(r.dataset, std::span<const T>(values.data(), r.rows * cells));
    }

    std::string from_;
    ResultsReader old_;
    const record::Layout& layout_;
    ResultsFile& file_;
};

}  // namespace

void replay(const std::string& from, const std::vector<RecordedRows>& rows,
            const record::Layout& layout, ResultsFile& file) {
    const Replay put(from, layout, file);
    for (const RecordedRows& r : rows) put(r);
}

}  // namespace gridflock::inline v0::io
