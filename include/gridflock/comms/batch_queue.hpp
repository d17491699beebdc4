// SPDX-License-Identifier: Apache-2.0
// Signed read batches under way, per lane, in order of (arrival, order of posting). They are few
// and of many sizes, so they are kept whole. State.
#pragma once

#include <gridflock/asset/meter_read.hpp>
#include <gridflock/core/hash.hpp>
#include <gridflock/core/time.hpp>

#include <cstddef>
#include <vector>

namespace gridflock::inline v0::comms {

struct ArrivingBatch {
    SimTime arrival;
    asset::ReadBatch batch;
};

class BatchQueue {
public:
    BatchQueue() = default;
    explicit BatchQueue(std::size_t lanes) : lanes_(lanes) {}

    /// Puts a batch on its way; one that never arrives is dropped.
    void post(std::size_t lane, asset::ReadBatch batch, SimTime arrival);
    /// Removes and returns all that has arrived by `now`.
    std::vector<ArrivingBatch> take(std::size_t lane, SimTime now);

    std::size_t lanes() const { return lanes_.size(); }
    const std::vector<ArrivingBatch>& waiting(std::size_t lane) const { return lanes_[lane]; }
    void hash(StateHash& h) const;
    void hash(StateHash& h, std::size_t lane) const;

    /// State to bytes and back (core/archive.hpp). Errors  CheckpointError.
    template <class A>
    void archive(A& a) {
        a.lanes(lanes_);
    }

private:
    std::vector<std::vector<ArrivingBatch>> lanes_;
};

}  // namespace gridflock::inline v0::comms
