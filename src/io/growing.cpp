// SPDX-License-Identifier: Apache-2.0
#include "io/growing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gridflock::inline v0::io {

namespace {

template <class T>
void put(std::vector<std::uint8_t>& out, T value) {
    const auto* p = reinterpret_cast<const std::uint8_t*>(&value);
    out.insert(out.end(), p, p + sizeof value);
}

std::size_t product(std::span<const hsize_t> shape) {
    std::size_t n = 1;
    for (const hsize_t s : shape) n *= s;
    return n;
}

/// Whole rows in one chunk where they are short; else the last dimension is cut, the others are 1.
std::vector<hsize_t> chunk_shape(std::span<const hsize_t> row, const ResultsFile::Options& o) {
    if (row.empty()) return {512};
    std::vector<hsize_t> chunk{o.block_rows};
    const bool is_short = product(row) <= o.block_columns;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const bool is_last = i + 1 == row.size();
        const hsize_t n = std::max<hsize_t>(row[i], 1);
        chunk.push_back(is_short ? n : is_last ? std::min<hsize_t>(n, o.block_columns) : 1);
    }
    return chunk;
}

}  // namespace

hid_t memory_type(Storage storage) {
    switch (storage) {
        case Storage::int32_scaled:
            return H5T_NATIVE_INT32;
        case Storage::float32:
            return H5T_NATIVE_FLOAT;
        case Storage::float64:
            return H5T_NATIVE_DOUBLE;
        case Storage::uint8:
            return H5T_NATIVE_UINT8;
        default:
            return H5T_NATIVE_INT64;
    }
}

Growing::Growing(hid_t group, const DatasetSpec& spec, std::vector<hsize_t> row_shape,
                 const ResultsFile::Options& options)
    : spec_(spec),
      row_shape_(std::move(row_shape)),
      chunk_(chunk_shape(row_shape_, options)),
      level_(options.level),
      element_(element_size(spec.storage)),
      fill_(missing_cell(spec.storage)) {
    const bool is_text = spec.storage == Storage::text;
    type_ = is_text ? h5::free_text() : h5::Handle(H5Tcopy(memory_type(spec.storage)));
    std::vector<hsize_t> size{0};
    std::vector<hsize_t> most{H5S_UNLIMITED};
    for (const hsize_t n : row_shape_) {
        size.push_back(n);
        most.push_back(n);
    }
    const h5::Handle space(
        H5Screate_simple(static_cast<int>(size.size()), size.data(), most.data()));
    const h5::Handle plist(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(plist.get(), static_cast<int>(chunk_.size()), chunk_.data());
    if (!is_text) H5Pset_fill_value(plist.get(), type_.get(), fill_.data());
    if (is_blocked()) {
        H5Pset_shuffle(plist.get());
        H5Pset_deflate(plist.get(), static_cast<unsigned>(level_));
    }
    dataset_ = h5::Handle(H5Dcreate2(group, spec.name.c_str(), type_.get(), space.get(),
                                     H5P_DEFAULT, plist.get(), H5P_DEFAULT));
}

std::size_t Growing::row_cells() const {
    return product(row_shape_);
}

void Growing::append(std::span<const double> values) {
    const std::size_t cells = row_cells();
    if (spec_.storage == Storage::text || cells == 0 || values.size() % cells != 0)
        throw ShapeError(fmt::format("{}/{}: {} values do not make rows of {}", spec_.group,
                                     spec_.name, values.size(), cells));
    for (; !values.empty(); values = values.subspan(cells)) {
        encode(buffer_, spec_, values.first(cells));
        add_row();
    }
}

void Growing::add_row() {
    ++appended_;
    if (!is_blocked()) bytes_appended_ += element_;
    if (is_blocked() && appended_ - tiled_ == chunk_[0]) finish_block();
}

void Growing::append_encoded(std::span<const std::byte> rows) {
    const std::size_t size = row_cells() * element_;
    if (spec_.storage == Storage::text || size == 0 || rows.size() % size != 0)
        throw ShapeError(fmt::format("{}/{}: {} bytes do not make rows of {}", spec_.group,
                                     spec_.name, rows.size(), size));
    for (; !rows.empty(); rows = rows.subspan(size)) {
        const auto* from = reinterpret_cast<const std::uint8_t*>(rows.data());
        buffer_.insert(buffer_.end(), from, from + size);
        add_row();
    }
}

std::vector<std::byte> Growing::rows_waiting() const {
    const auto bytes = std::as_bytes(std::span(buffer_));
    return {bytes.begin(), bytes.end()};
}

void Growing::append(std::span<const std::int64_t> values) {
    if (spec_.storage != Storage::int64) {
        const std::vector<double> doubles(values.begin(), values.end());
        append(doubles);
        return;
    }
    if (is_blocked())
        throw ShapeError(spec_.group + "/" + spec_.name + ": int64 rows have one dimension");
    for (const std::int64_t v : values) put(buffer_, v);
    appended_ += values.size();
    bytes_appended_ += values.size() * element_;
}

void Growing::append(std::span<const std::string> values) {
    if (spec_.storage != Storage::text)
        throw ShapeError(spec_.group + "/" + spec_.name + " does not take text");
    texts_.insert(texts_.end(), values.begin(), values.end());
    appended_ += values.size();
    constexpr std::size_t reference = 16;  // of a text of any length
    for (const std::string& s : values) bytes_appended_ += s.size() + reference;
}

std::size_t Growing::bytes_waiting() const {
    std::size_t n = buffer_.size();
    for (const Tile& t : tiles_) n += t.bytes.size();
    for (const std::string& s : texts_) n += s.size() + 32;
    return n;
}

std::vector<std::uint8_t> Growing::gather(std::span<const hsize_t> at, std::size_t rows) const {
    const std::size_t rank = row_shape_.size();
    const std::size_t run = chunk_[rank];  // cells that lie together
    const std::size_t inside = std::min<std::size_t>(run, row_shape_.back() - at.back());
    const std::size_t lines = product(std::span(chunk_).subspan(1, rank - 1));
    std::vector<std::uint8_t> raw;
    raw.reserve(chunk_[0] * lines * run * element_);
    std::vector<std::size_t> digit(rank, 0);
    for (std::size_t t = 0; t < chunk_[0]; ++t) {
        for (std::size_t line = 0; line < lines; ++line) {
            // Position of the line in the row: the tile's corner plus the line's own digits.
            std::size_t rest = line;
            for (std::size_t d = rank - 1; d-- > 0;) {
                digit[d] = rest % chunk_[d + 1];
                rest /= chunk_[d + 1];
            }
            std::size_t flat = 0;
            for (std::size_t d = 0; d < rank; ++d) flat = flat * row_shape_[d] + at[d] + digit[d];
            const std::size_t filled = t < rows ? inside : 0;
            const auto* from = buffer_.data() + (t * row_cells() + flat) * element_;
            if (filled > 0) raw.insert(raw.end(), from, from + filled * element_);
            for (std::size_t i = filled; i < run; ++i)
                raw.insert(raw.end(), fill_.begin(), fill_.end());
        }
    }
    return raw;
}

std::vector<Growing::Tile> Growing::cut(std::size_t rows) const {
    const std::size_t rank = row_shape_.size();
    std::vector<Tile> tiles;
    std::vector<hsize_t> at(rank, 0);  // corner of the tile in the row
    while (true) {
        std::vector<hsize_t> offset{tiled_};
        offset.insert(offset.end(), at.begin(), at.end());
        tiles.push_back(
            {std::move(offset), h5::shuffle_deflate(gather(at, rows), element_, level_)});
        std::size_t d = rank;
        for (; d > 0; --d) {  // the next corner, last dimension first
            at[d - 1] += chunk_[d];
            if (at[d - 1] < row_shape_[d - 1]) break;
            at[d - 1] = 0;
        }
        if (d == 0) return tiles;
    }
}

void Growing::finish_block() {
    auto tiles = cut(appended_ - tiled_);
    for (const Tile& t : tiles) bytes_appended_ += t.bytes.size();
    std::move(tiles.begin(), tiles.end(), std::back_inserter(tiles_));
    tiled_ = appended_;
    buffer_.clear();
}

bool Growing::write_tiles(const std::vector<Tile>& tiles, std::size_t rows) {
    std::vector<hsize_t> size{rows};
    size.insert(size.end(), row_shape_.begin(), row_shape_.end());
    if (H5Dset_extent(dataset_.get(), size.data()) < 0) return false;
    for (const Tile& t : tiles)
        if (H5Dwrite_chunk(dataset_.get(), H5P_DEFAULT, 0, t.offset.data(), t.bytes.size(),
                           t.bytes.data()) < 0)
            return false;
    written_ = rows;
    return true;
}

bool Growing::write_blocks(bool is_partial) {
    if (!tiles_.empty()) {
        if (!write_tiles(tiles_, tiled_)) return false;
        tiles_.clear();
    }
    if (!is_partial || appended_ == tiled_ || written_ == appended_) return true;
    return write_tiles(cut(appended_ - tiled_), appended_);
}

bool Growing::write_rows(std::size_t row) {
    const std::size_t end = std::min(row, appended_);
    if (end <= written_) return true;
    const hsize_t n = end - written_;
    const hsize_t offset = written_;
    const hsize_t size = end;
    if (H5Dset_extent(dataset_.get(), &size) < 0) return false;
    const h5::Handle file(H5Dget_space(dataset_.get()));
    H5Sselect_hyperslab(file.get(), H5S_SELECT_SET, &offset, nullptr, &n, nullptr);
    const h5::Handle memory(H5Screate_simple(1, &n, nullptr));
    herr_t result = 0;
    if (spec_.storage == Storage::text) {
        std::vector<const char*> pointers;
        for (std::size_t i = 0; i < n; ++i) pointers.push_back(texts_[i].c_str());
        result = H5Dwrite(dataset_.get(), type_.get(), memory.get(), file.get(), H5P_DEFAULT,
                          pointers.data());
        if (result >= 0) texts_.erase(texts_.begin(), texts_.begin() + static_cast<long>(n));
    } else {
        result = H5Dwrite(dataset_.get(), type_.get(), memory.get(), file.get(), H5P_DEFAULT,
                          buffer_.data());
        const auto bytes = static_cast<long>(n * element_);
        if (result >= 0) buffer_.erase(buffer_.begin(), buffer_.begin() + bytes);
    }
    if (result >= 0) written_ = end;
    return result >= 0;
}

}  // namespace gridflock::inline v0::io
