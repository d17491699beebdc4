// SPDX-License-Identifier: Apache-2.0
#include <gridflock/comms/batch_queue.hpp>

#include <algorithm>
#include <iterator>

namespace gridflock::inline v0::comms {

namespace {
bool before(SimTime t, const ArrivingBatch& b) {
    return t < b.arrival;
}
}  // namespace

void BatchQueue::post(std::size_t lane, asset::ReadBatch batch, SimTime arrival) {
    if (arrival == never) return;
    auto& queue = lanes_[lane];
    const auto at = std::upper_bound(queue.begin(), queue.end(), arrival, before);
    queue.insert(at, {arrival, std::move(batch)});
}

std::vector<ArrivingBatch> BatchQueue::take(std::size_t lane, SimTime now) {
    auto& queue = lanes_[lane];
    const auto end = std::upper_bound(queue.begin(), queue.end(), now, before);
    std::vector<ArrivingBatch> arrived(std::make_move_iterator(queue.begin()),
                                       std::make_move_iterator(end));
    queue.erase(queue.begin(), end);
    return arrived;
}

void BatchQueue::hash(StateHash& h, std::size_t lane) const {
    h.add(lanes_[lane].size());
    for (const ArrivingBatch& a : lanes_[lane]) {
        h.add(a.arrival.ns);
        asset::hash(h, a.batch);
    }
}

void BatchQueue::hash(StateHash& h) const {
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) hash(h, lane);
}

}  // namespace gridflock::inline v0::comms
