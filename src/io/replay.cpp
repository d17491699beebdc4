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

class Replay {
public:
    Replay(const std::string& from, const record::Layout& layout, ResultsFile& file)
        : from_(from), old_(from), layout_(layout), file_(file) {}

    void operator()(const RecordedRows& r) const {
        const record::Table* table = layout_.find_table(r.dataset.substr(0, r.dataset.find('/')));
        if (table != nullptr && !has_lanes(*table)) return;
        if (r.rows > 0) read(r);
        if (!r.waiting.empty()) file_.append_waiting(r.dataset, r.waiting);
        file_.flush();  // keeps no more than one dataset in memory
    }

private:
    void read(const RecordedRows& r) const {
        const record::TableColumn* c = column_of(layout_, r.dataset);
        if (c != nullptr && c->type == record::ColumnType::text)
            return put(r, old_.read_texts(r.dataset), 1);
        const bool is_real = c != nullptr && c->type == record::ColumnType::real;
        if (r.dataset.ends_with("/time") || (c != nullptr && !is_real))
            return put(r, old_.read_integers(r.dataset), 1);
        const Array all = old_.read(r.dataset);
        put(r, all.values, all.values.size() / std::max<std::size_t>(all.shape.front(), 1));
    }

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

bool has_lanes(const record::Table& t) {
    return std::any_of(t.columns.begin(), t.columns.end(),
                       [](const record::TableColumn& c) { return c.name == "world"; });
}

void replay(const std::string& from, const std::vector<RecordedRows>& rows,
            const record::Layout& layout, ResultsFile& file) {
    const Replay put(from, layout, file);
    for (const RecordedRows& r : rows) put(r);
}

std::map<std::string, std::uint64_t> rows_of(const std::string& path, const ResultsFile& like,
                                             const record::Layout& layout) {
    const ResultsReader file(path);
    const bool is_ended = file.status() == "interrupted" || file.status() == "failed";
    std::map<std::string, std::uint64_t> rows;
    for (const RecordedRows& r : like.rows()) {
        const record::Table* table = layout.find_table(r.dataset.substr(0, r.dataset.find('/')));
        const bool counts = table == nullptr || (has_lanes(*table) && !is_ended);
        if (counts && file.has(r.dataset)) rows[r.dataset] = file.shape(r.dataset).front();
    }
    return rows;
}

}  // namespace gridflock::inline v0::io
