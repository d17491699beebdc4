// SPDX-License-Identifier: Apache-2.0
#include "io/batch_thread.hpp"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace gridflock::inline v0::io {

namespace {

/// Signals are the program's: no thread of this room takes one.
std::thread start_without_signals(std::function<void()> run) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(run));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

}  // namespace

std::size_t Batch::bytes() const {
    return entries.size() * sizeof(Entry) + values.size() * sizeof(double) + masks.size() +
           cells.size() * sizeof(record::Cell);
}

void Batch::clear() {
    entries.clear();
    values.clear();
    masks.clear();
    cells.clear();
}

BatchThread::BatchThread(Work work, std::size_t most_bytes)
    : work_(std::move(work)),
      most_bytes_(most_bytes),
      thread_(start_without_signals([this] { run(); })) {}

BatchThread::~BatchThread() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void BatchThread::push(Batch& batch) {
    const std::size_t bytes = batch.bytes();
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return count_ == 0 || bytes_ + bytes <= most_bytes_; });
        bytes_ += bytes;
        ++count_;
        waiting_.push_back(std::exchange(batch, {}));
        if (!spare_.empty()) {
            batch = std::move(spare_.back());
            spare_.pop_back();
        }
    }
    changed_.notify_all();
}

void BatchThread::drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ == 0; });
}

std::exception_ptr BatchThread::take_error() {
    const std::lock_guard lock(mutex_);
    return std::exchange(error_, nullptr);
}

void BatchThread::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return is_over_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        Batch batch = std::move(waiting_.front());
        waiting_.pop_front();
        const bool is_dropped = is_failed_;
        lock.unlock();
        std::exception_ptr error;
        try {
            if (!is_dropped) work_(batch);
        } catch (...) {
            error = std::current_exception();
        }
        const std::size_t bytes = batch.bytes();
        batch.clear();
        lock.lock();
        if (error) {
            error_ = error;
            is_failed_ = true;
        }
        bytes_ -= bytes;
        --count_;
        if (spare_.size() < 4) spare_.push_back(std::move(batch));
        changed_.notify_all();
    }
}

}  // namespace gridflock::inline v0::io
