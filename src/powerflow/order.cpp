// SPDX-License-Identifier: Apache-2.0
// Greedy minimum degree on an explicit elimination graph: networks fill little, so the graph stays
// small. Ties go to the lower row, so the order is the same everywhere.
#include "sparse.hpp"

#include <algorithm>
#include <queue>
#include <utility>

namespace gridflock::inline v0::powerflow {

namespace {

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

class EliminationGraph {
public:
    EliminationGraph(std::int32_t order, std::span<const Entry> entries)
        : neighbours_(at(order)), seen_(at(order), 0) {
        for (const Entry& e : entries)
            if (e.row != e.col) neighbours_[at(e.row)].push_back(e.col);
        for (auto& list : neighbours_) {
            std::sort(list.begin(), list.end());
            list.erase(std::unique(list.begin(), list.end()), list.end());
        }
    }
    std::int32_t degree(std::int32_t v) const {
        return static_cast<std::int32_t>(neighbours_[at(v)].size());
    }
    const std::vector<std::int32_t>& neighbours(std::int32_t v) const { return neighbours_[at(v)]; }

    /// Entries that eliminating v would add; counting stops beyond what anyone asks for.
    std::int32_t fill(std::int32_t v) {
        const std::vector<std::int32_t>& clique = neighbours_[at(v)];
        const std::int32_t limit = degree(v) + 2;
        std::int32_t added = 0;
        for (std::size_t i = 0; i < clique.size() && added < limit; ++i) {
            ++stamp_;
            for (const std::int32_t w : neighbours_[at(clique[i])]) seen_[at(w)] = stamp_;
            for (std::size_t j = i + 1; j < clique.size(); ++j)
                added += seen_[at(clique[j])] != stamp_;
        }
        return added;
    }
    /// Makes a clique of v's neighbours and takes v out of their lists.
    void eliminate(std::int32_t v) {
        const std::vector<std::int32_t>& clique = neighbours_[at(v)];
        for (const std::int32_t u : clique) {
            auto& list = neighbours_[at(u)];
            list.erase(std::find(list.begin(), list.end(), v));
            ++stamp_;
            seen_[at(u)] = stamp_;
            for (const std::int32_t w : list) seen_[at(w)] = stamp_;
            for (const std::int32_t w : clique)
                if (seen_[at(w)] != stamp_) list.push_back(w);
        }
    }

private:
    std::vector<std::vector<std::int32_t>> neighbours_;
    std::vector<std::int64_t> seen_;
    std::int64_t stamp_ = 0;
};

/// Rows of a forest, children before parents, each subtree in one piece.
std::vector<std::int32_t> postorder(const std::vector<std::int32_t>& parent,
                                    const std::vector<std::int32_t>& sequence) {
    const std::size_t n = parent.size();
    std::vector<std::int32_t> first(n, -1), next(n, -1), out, stack;
    for (std::size_t i = n; i-- > 0;) {
        const std::int32_t v = sequence[i], p = parent[at(v)];
        if (p < 0) continue;
        next[at(v)] = first[at(p)];
        first[at(p)] = v;
    }
    out.reserve(n);
    for (const std::int32_t root : sequence) {
        if (parent[at(root)] >= 0) continue;
        stack.push_back(root);
        while (!stack.empty()) {
            const std::int32_t v = stack.back(), child = first[at(v)];
            if (child >= 0) {
                first[at(v)] = next[at(child)];
                stack.push_back(child);
            } else {
                out.push_back(v);
                stack.pop_back();
            }
        }
    }
    return out;
}

}  // namespace

namespace {

using Key = std::pair<std::int32_t, std::int32_t>;  // degree, row
using Queue = std::priority_queue<Key, std::vector<Key>, std::greater<>>;

/// Eliminates what `may` allows, least degree first; appends to sequence.
template <class May>
void eliminate_greedily(EliminationGraph& graph, Queue queue, std::vector<std::int32_t>& sequence,
                        std::vector<std::int32_t>& when, May&& may) {
    while (!queue.empty()) {
        const auto [degree, v] = queue.top();
        queue.pop();
        if (when[at(v)] >= 0 || degree != graph.degree(v) || !may(v)) continue;
        when[at(v)] = static_cast<std::int32_t>(sequence.size());
        sequence.push_back(v);
        graph.eliminate(v);
        for (const std::int32_t u : graph.neighbours(v)) queue.emplace(graph.degree(u), u);
    }
}

}  // namespace

LeadingOrder order_with_lead(std::int32_t order, std::span<const Entry> entries,
                             std::span<const std::uint8_t> may_lead,
                             std::span<const std::uint8_t> is_last) {
    EliminationGraph graph(order, entries);
    std::vector<std::int32_t> sequence, when(at(order), -1);
    sequence.reserve(at(order));
    const auto queue_of_rest = [&] {
        std::vector<Key> keys;
        for (std::int32_t i = 0; i < order; ++i)
            if (when[at(i)] < 0) keys.emplace_back(graph.degree(i), i);
        return Queue(std::greater<>(), std::move(keys));
    };
    eliminate_greedily(graph, queue_of_rest(), sequence, when, [&](std::int32_t v) {
        return may_lead[at(v)] && !is_last[at(v)] && graph.fill(v) <= graph.degree(v) + 1;
    });
    LeadingOrder out;
    out.lead = static_cast<std::int32_t>(sequence.size());
    eliminate_greedily(graph, queue_of_rest(), sequence, when,
                       [&](std::int32_t v) { return !is_last[at(v)]; });
    const std::int32_t before_tail = static_cast<std::int32_t>(sequence.size());
    out.tail = order - before_tail;
    eliminate_greedily(graph, queue_of_rest(), sequence, when, [](std::int32_t) { return true; });
    std::vector<std::int32_t> parent(at(order), -1);
    for (std::int32_t v = 0; v < order; ++v)
        for (const std::int32_t u : graph.neighbours(v))
            if (parent[at(v)] < 0 || when[at(u)] < when[at(parent[at(v)])]) parent[at(v)] = u;
    std::vector<std::int32_t> rows = postorder(parent, sequence);
    const auto part = [&](std::int32_t v) {
        return when[at(v)] < out.lead ? 0 : when[at(v)] < before_tail ? 1 : 2;
    };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](std::int32_t a, std::int32_t b) { return part(a) < part(b); });
    out.position.resize(at(order));
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.position[at(rows[i])] = static_cast<std::int32_t>(i);
    return out;
}

}  // namespace gridflock::inline v0::powerflow
