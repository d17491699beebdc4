// SPDX-License-Identifier: Apache-2.0
// What is recorded on its way from the simulation's thread to the thread that compresses and
// writes it: plain copies in batches, through a queue that holds so much and no more.
#pragma once

#include <gridflock/core/time.hpp>
#include <gridflock/record/layout.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gridflock::inline v0::io {

/// Samples and rows of tables, in the order in which they were recorded.
struct Batch {
    struct Entry {
        bool is_row = false;    ///< of a table; else a sample of a group
        std::size_t index = 0;  ///< of the table or group
        std::size_t begin = 0;  ///< in `cells` (rows) or `values` (samples)
        SimTime time;           ///< samples only
        std::size_t mask = 0;   ///< in `masks`: one flag a lane; samples only
    };
    std::vector<Entry> entries;
    std::vector<double> values;  ///< columns as the sink got them, [row, lane] each
    std::vector<std::uint8_t> masks;
    std::vector<record::Cell> cells;

    std::size_t bytes() const;
    void clear();  ///< keeps its memory
};

/// Hands batches, one after the other, to `work` on a thread of its own.
class BatchThread {
public:
    using Work = std::function<void(const Batch&)>;

    /// `most_bytes`: of batches that wait; push() waits for room beyond that.
    BatchThread(Work work, std::size_t most_bytes);
    BatchThread(const BatchThread&) = delete;
    BatchThread& operator=(const BatchThread&) = delete;
    ~BatchThread();  ///< after what waits

    /// Takes the batch and leaves an empty one in its place.
    void push(Batch& batch);
    /// Until nothing waits and the thread rests.
    void drain();
    /// What `work` threw, once; batches after that are dropped.
    std::exception_ptr take_error();

private:
    void run();

    Work work_;
    std::size_t most_bytes_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Batch> waiting_;
    std::vector<Batch> spare_;
    std::size_t bytes_ = 0;  // waiting and at work
    std::size_t count_ = 0;
    std::exception_ptr error_;
    bool is_failed_ = false;
    bool is_over_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace gridflock::inline v0::io
