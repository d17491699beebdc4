// SPDX-License-Identifier: Apache-2.0
#include "io/results_file_impl.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridflock::inline v0::io {

void ResultsFile::Impl::write_all(bool is_partial) {
    // Blocks first; a time axis then gets as many instants as every dataset on it has rows.
    std::map<std::string, std::size_t> rows;
    for (const std::string& key : order) {
        Growing& d = *growing.at(key);
        if (!d.is_blocked()) continue;
        require(d.write_blocks(is_partial), "write " + key);
        const auto [at, is_new] = rows.emplace(d.spec().group, d.rows_written());
        if (!is_new) at->second = std::min(at->second, d.rows_written());
    }
    for (const std::string& key : order) {
        Growing& d = *growing.at(key);
        if (d.is_blocked()) continue;
        const auto limit = rows.find(d.spec().group);
        const std::size_t end = limit == rows.end() ? d.rows_appended() : limit->second;
        require(d.write_rows(end), "write " + key);
    }
}

std::vector<RecordedRows> ResultsFile::rows() const {
    std::vector<RecordedRows> all;
    for (const std::string& key : impl_->order) {
        if (key.ends_with("/row")) continue;
        const Growing& d = *impl_->growing.at(key);
        all.push_back({key, d.rows_written(), d.rows_waiting()});
    }
    return all;
}

std::uint64_t ResultsFile::rows_on_disk(const std::string& path) const {
    const auto found = impl_->rows_on_disk.find(path);
    return found == impl_->rows_on_disk.end() ? 0 : found->second;
}

void ResultsFile::append_waiting(std::string_view path, std::span<const std::byte> rows) {
    impl_->growing.at(std::string(path))->append_encoded(rows);
}

/// Tables: row numbers, for as many rows as the longest column has.
void ResultsFile::Impl::number_rows() {
    for (const std::string& group : row_tables) {
        Growing& row = *growing.at(group + "/row");
        std::size_t n = row.rows_appended();
        for (const auto& [key, d] : growing)
            if (d->spec().group == group) n = std::max(n, d->rows_appended());
        for (auto i = static_cast<std::int64_t>(row.rows_appended());
             i < static_cast<std::int64_t>(n); ++i)
            row.append(std::span(&i, 1));
    }
}

void ResultsFile::Impl::commit() {
    require(H5Fflush(file.get(), H5F_SCOPE_GLOBAL) >= 0, "flush");
    staged.commit(options.is_synced);
    for (const auto& [key, d] : growing) rows_on_disk[key] = d->rows_written();
}

void ResultsFile::flush(bool is_partial) {
    if (impl_->is_broken || !impl_->file) return;
    const h5::Quiet quiet;
    try {
        impl_->number_rows();
        impl_->write_all(is_partial);
        impl_->commit();
    } catch (const IoError&) {
        impl_->is_broken = true;
        throw;
    }
}

/// Closes what HDF5 has open. Whatever it writes then stays off the disk.
void ResultsFile::Impl::let_go() {
    growing.clear();
    fixed.clear();
    groups.clear();
    file = h5::Handle();
}

void ResultsFile::Impl::mark(const std::string& status, const std::string& reason) {
    require(h5::set_attribute(file.get(), "status_reason",
                              std::string_view(reason).substr(0, kReasonRoom), kReasonRoom) &&
                h5::set_attribute(file.get(), "status", std::string_view(status), kStatusRoom),
            "write the status");
    commit();
}

/// The file of the last commit, as the disk has it: what HDF5 holds of later ones is dropped.
void ResultsFile::Impl::open_again() {
    let_go();
    staged.start_at(disk.size());  // a commit that broke off may have lengthened it
    const h5::Handle access = h5::access_through(staged);
    file = h5::Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.get()));
    require(static_cast<bool>(file), "open the file again");
}

void ResultsFile::finish(const std::string& status, const std::string& reason) {
    if (!impl_->file) return;
    const h5::Quiet quiet;
    std::exception_ptr error;
    std::string why = reason;
    try {
        flush(true);
        if (!impl_->is_broken) impl_->mark(status, why);
    } catch (const IoError& e) {
        error = std::current_exception();
        why = e.what();
        impl_->is_broken = true;
    }
    if (impl_->is_broken && impl_->staged.committed() > 0) {
        try {
            impl_->open_again();
            impl_->mark("failed", why);
        } catch (const IoError&) {
            impl_->let_go();  // the first error is the one that is told
        }
    }
    impl_->let_go();
    impl_->disk.trim();
    if (error) std::rethrow_exception(error);
}

void ResultsFile::close() {
    if (!impl_ || !impl_->file) return;
    const h5::Quiet quiet;
    std::exception_ptr error;
    try {
        flush(true);
    } catch (const IoError&) {
        error = std::current_exception();
    }
    impl_->let_go();
    impl_->disk.trim();
    if (error) std::rethrow_exception(error);
}

void ResultsFile::discard() {
    if (!impl_->file) return;
    const h5::Quiet quiet;
    impl_->let_go();
    impl_->disk.trim();
    // Older results of that name stay if nothing of the new ones came to the disk.
    if (impl_->disk.is_new() || impl_->staged.is_touched()) impl_->disk.remove();
}

void ResultsFile::rename(const std::string& path) {
    impl_->disk.rename(path);
    impl_->path = path;
}

}  // namespace gridflock::inline v0::io
