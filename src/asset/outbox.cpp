// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/outbox.hpp>

#include <algorithm>
#include <iterator>

namespace gridflock::inline v0::asset {

namespace {
bool earlier(SimTime at, const Outgoing& m) {
    return at < m.at;
}
}  // namespace

void Outbox::post(Outgoing message) {
    const auto after = std::upper_bound(waiting_.begin(), waiting_.end(), message.at, earlier);
    waiting_.insert(after, std::move(message));
}

std::vector<Outgoing> Outbox::take(SimTime now) {
    const auto end = std::upper_bound(waiting_.begin(), waiting_.end(), now, earlier);
    std::vector<Outgoing> due(std::make_move_iterator(waiting_.begin()),
                              std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return due;
}

void Outbox::hash(StateHash& h) const {
    h.add(waiting_.size());
    for (const Outgoing& m : waiting_) {
        h.add(m.at.ns);
        h.add(m.to.value);
        h.add(m.kind);
        h.add(m.command.p_w);
        h.add(m.command.start_after_s);
        h.add(m.command.valid_for_s);
        h.add(m.command.reason);
        h.add(stable_id(m.text).value);
    }
}

}  // namespace gridflock::inline v0::asset
