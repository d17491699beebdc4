// SPDX-License-Identifier: Apache-2.0
// A kernel as values: what a checkpoint of it holds.
#pragma once

#include <gridflock/core/time.hpp>
#include <gridflock/des/event_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gridflock::inline v0::des {

/// A periodic task; its next occurrence is an event of the queue.
struct SavedTask {
    std::uint32_t generation = 0;  ///< odd while the task is active
    Duration period;
    EventKey order;  ///< stage, priority and source
    EventBody body;
    bool operator==(const SavedTask&) const = default;
};

struct SavedKernel {
    SimTime now;
    std::uint64_t fired = 0;
    std::vector<std::string> handlers;  ///< names; an event's handler is first_handler + index
    std::vector<SavedTask> tasks;
    SavedQueue queue;
    bool operator==(const SavedKernel&) const = default;
};

std::vector<std::byte> to_bytes(const SavedKernel& saved);
/// Errors  CheckpointError for bytes that to_bytes did not write.
SavedKernel kernel_from_bytes(std::span<const std::byte> bytes);

}  // namespace gridflock::inline v0::des
