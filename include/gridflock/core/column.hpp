// SPDX-License-Identifier: Apache-2.0
// Columns: [row][lane], lanes innermost. Everything that changes during a run is a column;
// parameters are plain vectors [row] shared by the lanes. A view is a pointer and two sizes: it
// owns nothing and is not kept past the call that got it.
#pragma once

#include <gridflock/core/error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gridflock::inline v0 {

template <class T>
class ColumnView {
public:
    ColumnView() = default;
    ColumnView(T* data, std::size_t rows, std::size_t lanes)
        : data_(data), rows_(rows), lanes_(lanes) {}
    /// A view of mutable cells is also a view of const cells.
    operator ColumnView<const T>() const { return {data_, rows_, lanes_}; }

    std::size_t rows() const { return rows_; }
    std::size_t lanes() const { return lanes_; }
    std::size_t size() const { return rows_ * lanes_; }
    T& operator()(std::size_t row, std::size_t lane) const { return data_[row * lanes_ + lane]; }
    std::span<T> row(std::size_t r) const { return {data_ + r * lanes_, lanes_}; }
    std::span<T> all() const { return {data_, size()}; }
    T* data() const { return data_; }

private:
    T* data_ = nullptr;
    std::size_t rows_ = 0;
    std::size_t lanes_ = 0;
};

template <class T>
class Column {
public:
    Column() = default;
    Column(std::size_t rows, std::size_t lanes, T value = T{})
        : cells_(rows * lanes, value), rows_(rows), lanes_(lanes) {}

    std::size_t rows() const { return rows_; }
    std::size_t lanes() const { return lanes_; }
    T& operator()(std::size_t row, std::size_t lane) { return cells_[row * lanes_ + lane]; }
    const T& operator()(std::size_t row, std::size_t lane) const {
        return cells_[row * lanes_ + lane];
    }
    std::span<T> row(std::size_t r) { return {cells_.data() + r * lanes_, lanes_}; }
    std::span<const T> row(std::size_t r) const { return {cells_.data() + r * lanes_, lanes_}; }
    std::span<T> all() { return cells_; }
    std::span<const T> all() const { return cells_; }
    ColumnView<T> view() { return {cells_.data(), rows_, lanes_}; }
    ColumnView<const T> view() const { return {cells_.data(), rows_, lanes_}; }
    void fill(T value) { cells_.assign(cells_.size(), value); }
    bool operator==(const Column&) const = default;

private:
    std::vector<T> cells_;  // use std::uint8_t for flags: vector<bool> has no cells
    std::size_t rows_ = 0;
    std::size_t lanes_ = 0;
};

/// Throws ShapeError naming the array unless it is rows x lanes.
template <class View>
void require_shape(const View& v, std::size_t rows, std::size_t lanes, const char* name) {
    if (v.rows() == rows && v.lanes() == lanes) return;
    throw ShapeError(std::string(name) + " is [" + std::to_string(v.rows()) + ", " +
                     std::to_string(v.lanes()) + "], expected [" + std::to_string(rows) + ", " +
                     std::to_string(lanes) + "]");
}

}  // namespace gridflock::inline v0
