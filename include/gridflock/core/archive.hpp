// SPDX-License-Identifier: Apache-2.0
// State to bytes and back. One list of fields serves both ways:
//
//   template <class A> void archive(A& a, Battery& b) { a(b.energy, b.mode); }   // free
//   template <class A> void archive(A& a) { a(names_, balances_); }              // or a member
//
// Saver appends fixed-size little-endian words; Loader reads them back and throws CheckpointError
// at the first byte that cannot be right: an end too early, a column of another shape, a number out
// of the stated range. A vector grows as its elements are read, so a false length costs no memory.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/error.hpp>
#include <gridflock/core/hash.hpp>
#include <gridflock/core/index.hpp>
#include <gridflock/core/time.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace gridflock::inline v0 {

namespace detail {
template <class A, class T>
concept HasArchiveMember = requires(A& a, T& t) {
    t.archive(a);
};
template <class T>
concept Word = std::is_arithmetic_v<T> || std::is_enum_v<T>;

static_assert(std::endian::native == std::endian::little, "bytes are written as they lie");
}  // namespace detail

/// What Saver and Loader share: how a type falls apart into words. `Self` has word(T&),
/// length(n, least) and column(Column&).
template <class Self>
class Archive {
public:
    template <class... T>
    void operator()(T&... x) {
        (put(x), ...);
    }
    /// Vectors that keep the length they have: that of the plan.
    template <class... T>
    void fixed(std::vector<T>&... v) {
        (put_fixed(v), ...);
    }

    /// Vectors [lane]: of fixed length too; who looks at one lane skips the others.
    template <class... T>
    void lanes(std::vector<T>&... v) {
        (self().lane_cells(v), ...);
    }

protected:
    template <class T>
    void lane_cells(std::vector<T>& v) {
        put_fixed(v);
    }
    Self& self() { return static_cast<Self&>(*this); }

    template <class T>
    void put(T& x) {
        if constexpr (detail::Word<T>)
            self().word(x);
        else if constexpr (detail::HasArchiveMember<Self, T>)
            x.archive(self());
        else
            archive(self(), x);  // found in the namespace of T
    }
    void put(SimTime& t) { self().word(t.ns); }
    void put(Duration& d) { self().word(d.ns); }
    void put(StableId& id) { self().word(id.value); }
    template <class Tag>
    void put(Index<Tag>& i) {
        self().word(i.value);
    }
    void put(std::complex<double>& z) {
        double re = z.real(), im = z.imag();
        self().word(re);
        self().word(im);
        z = {re, im};
    }
    void put(std::string& s) {
        self().resize(s);
        for (char& c : s) self().word(c);
    }
    template <class T, std::size_t N>
    void put(std::array<T, N>& a) {
        for (T& x : a) put(x);
    }
    template <class T>
    void put(std::vector<T>& v) {
        const std::size_t n = self().length(v.size());
        if (n < v.size()) v.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            if (i == v.size()) v.emplace_back();
            put(v[i]);
        }
    }
    template <class T>
    void put_fixed(std::vector<T>& v) {
        const std::size_t n = self().length(v.size());
        self().check(n == v.size(), "an array has another length");
        for (T& x : v) put(x);
    }
    template <class T>
    void put(std::optional<T>& o) {
        std::uint8_t has = o.has_value();
        self().word(has);
        self().check(has <= 1, "a flag is neither 0 nor 1");
        if (!has) return o.reset();
        if (!o) o.emplace();
        put(*o);
    }
    template <class T>
    void put(Column<T>& c) {
        self().column(c);
    }
    /// A column keeps the shape it has: that of the plan.
    template <class T>
    void column(Column<T>& c) {
        std::size_t rows = c.rows(), lanes = c.lanes();
        self().word(rows);
        self().word(lanes);
        self().check(rows == c.rows() && lanes == c.lanes(), "a column has another shape");
        if constexpr (detail::Word<T>)
            self().words(c.all());
        else
            for (T& x : c.all()) put(x);
    }
};

/// Appends what it is given. Changes  only the bytes.
class Saver : public Archive<Saver> {
    friend Archive<Saver>;

public:
    static constexpr bool is_loading = false;
    static constexpr bool is_hashing = false;
    explicit Saver(std::vector<std::byte>& out) : out_(out) {}

    template <detail::Word T>
    void word(T& x) {
        const auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(x);
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    template <detail::Word T>
    void words(std::span<T> all) {
        const auto bytes = std::as_bytes(all);
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    std::size_t length(std::size_t n) {
        word(n);
        return n;
    }
    void resize(std::string& s) { length(s.size()); }
    void check(bool, const char*) {}

private:
    std::vector<std::byte>& out_;
};

/// Reads into what it is given. Errors  CheckpointError.
class Loader : public Archive<Loader> {
    friend Archive<Loader>;

public:
    static constexpr bool is_loading = true;
    static constexpr bool is_hashing = false;
    explicit Loader(std::span<const std::byte> in) : in_(in) {}

    template <detail::Word T>
    void word(T& x) {
        check(in_.size() >= sizeof(T), "the bytes end too early");
        std::array<std::byte, sizeof(T)> bytes;
        for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = in_[i];
        if constexpr (std::is_same_v<T, bool>)
            x = bytes[0] != std::byte{0};
        else
            x = std::bit_cast<T>(bytes);
        in_ = in_.subspan(sizeof(T));
    }
    template <detail::Word T>
    void words(std::span<T> all) {
        check(in_.size() >= all.size_bytes(), "the bytes end too early");
        std::copy_n(in_.begin(), all.size_bytes(), std::as_writable_bytes(all).begin());
        in_ = in_.subspan(all.size_bytes());
    }
    /// Every element takes a byte at least, so a length beyond the end is false.
    std::size_t length(std::size_t) {
        std::size_t n = 0;
        word(n);
        check(n <= in_.size(), "a length goes beyond the end");
        return n;
    }
    void resize(std::string& s) { s.resize(length(0)); }
    void check(bool ok, const char* what) {
        if (!ok) throw CheckpointError(std::string("not a usable checkpoint: ") + what);
    }
    std::size_t left() const { return in_.size(); }

private:
    std::span<const std::byte> in_;
};

/// Hashes one lane: its cells of every column and of every vector [lane].
class LaneHasher : public Archive<LaneHasher> {
    friend Archive<LaneHasher>;

public:
    static constexpr bool is_loading = false;
    static constexpr bool is_hashing = true;
    explicit LaneHasher(std::size_t lane) : lane_(lane) {}
    std::uint64_t value() const {
        StateHash h;
        for (const std::uint64_t x : stream_) h.add(x);
        h.add(count_);
        return h.value();
    }

    template <detail::Word T>
    void word(T& x) {
        if constexpr (std::is_floating_point_v<T>)
            add(std::bit_cast<std::uint64_t>(static_cast<double>(x)));
        else
            add(static_cast<std::uint64_t>(x));
    }
    std::size_t length(std::size_t n) {
        add(n);
        return n;
    }
    void resize(std::string& s) { length(s.size()); }
    void check(bool, const char*) {}

private:
    template <class T>
    void lane_cells(std::vector<T>& v) {
        put(v[lane_]);
    }
    template <class T>
    void column(Column<T>& c) {
        // a column of one's own (a forecast, say) is no column of lanes
        if (is_inside_) {
            for (T& x : c.all()) put(x);
            return;
        }
        for (std::size_t r = 0; r < c.rows(); ++r) put(c(r, lane_));
    }

    // Four streams by turns, so that one multiplication need not wait for the one before.
    void add(std::uint64_t word) {
        std::uint64_t& s = stream_[count_++ & 3U];
        s = std::rotl((s ^ word) * 0x9E3779B97F4A7C15ULL, 29);
    }

    std::array<std::uint64_t, 4> stream_{0x243F6A8885A308D3ULL, 0x13198A2E03707344ULL,
                                         0xA4093822299F31D0ULL, 0x082EFA98EC4E6C89ULL};
    std::uint64_t count_ = 0;
    std::size_t lane_;
    bool is_inside_ = false;

public:
    /// What f archives belongs to the lane whole: its columns have no lanes.
    template <class F>
    void whole(F&& f) {
        is_inside_ = true;
        f();
        is_inside_ = false;
    }
};

}  // namespace gridflock::inline v0
