// SPDX-License-Identifier: Apache-2.0
// Sending and receiving by tiles: what MessageRing does where the batch kernels can serve.
#pragma once

#include <gridflock/comms/message_ring.hpp>

#include "kernel.hpp"

#include <array>

namespace gridflock::inline v0::comms {

const kernel::Table& table_of(InstructionSet set);

/// Three counters of each cell of a tile, summed over the tiles of a call.
using CellCounts = std::array<std::uint64_t, kernel::tile_cells>;

class RingBatch {
public:
    RingBatch(MessageRing& ring, const LaneClock& clock, std::size_t tile_sites)
        : ring_(ring), clock_(clock), table_(table_of(ring.set_)), tile_sites_(tile_sites) {}

    void send(const LinkModel& link, const Offer& offer);
    void receive();

private:
    struct Tile;
    void fill(Tile& t, const Offer& offer) const;
    bool is_batch(Tile& t) const;
    bool has_delivery(const Tile& t, const LinkModel& link) const;
    void prepare_chains(Tile& t, const LinkModel& link) const;
    void catch_up(Tile& t, const LinkModel& link, std::int64_t first_tick) const;
    void draw(Tile& t, const LinkModel& link) const;
    void draw_cells(Tile& t, const LinkModel& link, kernel::DrawArgs& args) const;
    void draw_worlds(Tile& t, const LinkModel& link, kernel::DrawArgs& args) const;
    void redraw(Tile& t, const LinkModel& link, std::size_t key) const;
    void leave(Tile& t, const LinkModel& link) const;
    void run(Tile& t, const LinkModel& link, const Offer& offer);
    void add_to(std::vector<std::int64_t>& counts, unsigned place) const;

    MessageRing& ring_;
    const LaneClock& clock_;
    const kernel::Table& table_;
    std::size_t tile_sites_;
    CellCounts counts_{};
};

}  // namespace gridflock::inline v0::comms
