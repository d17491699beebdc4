// SPDX-License-Identifier: Apache-2.0
// Why a posting has its amount: the formula with its numbers, what stood before, and keys that lead
// to the interval, the reads, the baseline, the award and the price.
#pragma once

#include <gridflock/settle/post.hpp>

#include <span>
#include <string>
#include <vector>

namespace gridflock::inline v0::settle {

/// A pointer into the results: which table, and where in it.
struct ProvenanceKey {
    std::string what;  ///< interval, run, site, reads, missing, late, baseline, award, price, terms
    std::string value;  ///< instant, name or number as text
    bool operator==(const ProvenanceKey&) const = default;
};

struct Explanation {
    std::vector<std::string> lines;
    std::vector<ProvenanceKey> keys;
};

/// Explains one posting.
/// Shape   posting: position in ledger.postings(); runs: the settlements made so far, any order;
///         site_names: [site], as the accounts were opened with.
/// Errors  LedgerError if there is no such posting. Where the run is not among `runs`, says so.
Explanation explain(const journal::Ledger& ledger, std::size_t posting,
                    std::span<const Settlement> runs, std::span<const std::string> site_names);

}  // namespace gridflock::inline v0::settle
