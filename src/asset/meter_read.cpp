// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/meter_read.hpp>

#include <cstddef>
#include <string_view>

namespace gridflock::inline v0::asset {

namespace {
constexpr std::string_view form = "gridflock.read-batch.1";
constexpr std::size_t most_reads = 192;
constexpr std::int64_t last_start_ns = std::int64_t{1} << 62;  // sums of times stay in range

class Writer {
public:
    explicit Writer(std::size_t capacity) {
        bytes_.reserve(capacity);
        for (const char c : form) bytes_.push_back(static_cast<std::uint8_t>(c));
    }
    void word(std::uint64_t w) {
        for (int shift = 0; shift < 64; shift += 8)
            bytes_.push_back(static_cast<std::uint8_t>(w >> shift));
    }
    void integer(std::int64_t i) { word(static_cast<std::uint64_t>(i)); }
    void digest(const Digest& d) { bytes_.insert(bytes_.end(), d.begin(), d.end()); }
    void energies(const Energies& e) {
        integer(e.import_wh);
        integer(e.export_wh);
        integer(e.pv_wh);
        integer(e.charge_wh);
        integer(e.discharge_wh);
    }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
    std::vector<std::uint8_t> bytes_;
};

bool plausible(const MeterRead& read) {
    return read.interval.at_least({}) && read.registers.at_least(read.interval) &&
           read.soc_e4 >= -1 && read.soc_e4 <= 10000;
}
}  // namespace

Energies operator+(const Energies& a, const Energies& b) {
    return {a.import_wh + b.import_wh, a.export_wh + b.export_wh, a.pv_wh + b.pv_wh,
            a.charge_wh + b.charge_wh, a.discharge_wh + b.discharge_wh};
}

Energies operator-(const Energies& a, const Energies& b) {
    return {a.import_wh - b.import_wh, a.export_wh - b.export_wh, a.pv_wh - b.pv_wh,
            a.charge_wh - b.charge_wh, a.discharge_wh - b.discharge_wh};
}

bool Energies::at_least(const Energies& o) const {
    return import_wh >= o.import_wh && export_wh >= o.export_wh && pv_wh >= o.pv_wh &&
           charge_wh >= o.charge_wh && discharge_wh >= o.discharge_wh;
}

std::vector<std::uint8_t> canonical_bytes(const ReadBatch& batch) {
    Writer out(form.size() + 64 + 96 * batch.reads.size());
    out.word(batch.site.value);
    out.integer(batch.start.ns);
    out.integer(batch.sequence);
    out.digest(batch.prev);
    out.word(batch.reads.size());
    for (const MeterRead& read : batch.reads) {
        out.integer(read.t_start.ns);
        out.energies(read.interval);
        out.energies(read.registers);
        out.integer(read.soc_e4);
    }
    return out.take();
}

Digest content_hash(const ReadBatch& batch) {
    return sha256(canonical_bytes(batch));
}

void hash(StateHash& h, const ReadBatch& batch) {
    for (const std::uint8_t b : canonical_bytes(batch)) h.add(b);
    for (const std::uint8_t b : batch.signature.bytes) h.add(b);
}

bool well_formed(const ReadBatch& batch, Duration interval) {
    if (batch.site.value == 0 || batch.sequence < 0) return false;
    if (batch.start.ns < 0 || batch.start.ns >= last_start_ns) return false;
    if (batch.reads.empty() || batch.reads.size() > most_reads) return false;
    if ((batch.sequence == 0) != (batch.prev == Digest{})) return false;
    SimTime expected = batch.start;
    for (std::size_t i = 0; i < batch.reads.size(); ++i) {
        const MeterRead& read = batch.reads[i];
        if (read.t_start != expected || !plausible(read)) return false;
        if (i > 0 && read.registers - batch.reads[i - 1].registers != read.interval) return false;
        expected = expected + interval;
    }
    return true;
}

void seal(ReadBatch& batch, const SecretKey& key, SignatureScheme scheme) {
    batch.signature = sign(key, canonical_bytes(batch), scheme);
}

void seal(std::span<ReadBatch> lanes, const SecretKey& key, SignatureScheme scheme) {
    std::vector<std::vector<std::uint8_t>> bytes;
    for (ReadBatch& batch : lanes) {
        bytes.push_back(canonical_bytes(batch));
        const std::size_t here = bytes.size() - 1;
        std::size_t twin = 0;
        while (bytes[twin] != bytes[here]) ++twin;
        batch.signature = twin < here ? lanes[twin].signature : sign(key, bytes[here], scheme);
    }
}

}  // namespace gridflock::inline v0::asset
