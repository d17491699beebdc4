// SPDX-License-Identifier: Apache-2.0
#include <gridflock/journal/effect.hpp>

#include <map>
#include <utility>

namespace gridflock::inline v0::journal {

std::vector<Effect> effect(const Ledger& with, const Ledger& without) {
    std::map<std::pair<std::string, PostingKind>, Effect> sums;
    const auto add = [&](const Ledger& ledger, Money Effect::*side) {
        for (const Posting& p : ledger.postings()) {
            const std::string& name = ledger.account_name(p.account);
            Effect& e = sums[{name, p.kind}];
            e.account = name;
            e.kind = p.kind;
            e.*side += p.amount;
        }
    };
    add(with, &Effect::with);
    add(without, &Effect::without);
    std::vector<Effect> changed;
    for (auto& [key, e] : sums)
        if (e.with != e.without) changed.push_back(std::move(e));
    return changed;
}

}  // namespace gridflock::inline v0::journal
