// SPDX-License-Identifier: Apache-2.0
#include <gridflock/settle/read_table.hpp>

#include <gridflock/core/error.hpp>

#include <fmt/format.h>

namespace gridflock::inline v0::settle {
namespace {

/// `later` follows `earlier` directly: its registers are the earlier ones plus its energies.
bool follows(const Reading& earlier, const Reading& later) {
    return later.import_register_wh - earlier.import_register_wh == later.import_wh &&
           later.export_register_wh - earlier.export_register_wh == later.export_wh;
}

}  // namespace

const char* to_text(PutResult result) {
    switch (result) {
        case PutResult::stored:
            return "stored";
        case PutResult::duplicate:
            return "duplicate";
        case PutResult::conflict:
            return "conflict";
        case PutResult::register_mismatch:
            return "register mismatch";
        case PutResult::outside:
            return "outside";
    }
    return "unknown";
}

std::int32_t Calendar::index(SimTime t) const {
    if (t < start || count <= 0) return -1;
    const std::int64_t i = (t - start) / step;
    return i < count ? static_cast<std::int32_t>(i) : -1;
}

Calendar make_calendar(SimTime from, SimTime to, Duration step) {
    const std::int64_t span = (to - from).ns;
    if (step.ns <= 0 || span < 0 || span % step.ns != 0 || span / step.ns > 100'000'000)
        throw Error(fmt::format("{} to {} is not a whole number of steps of {}", iso8601(from),
                                iso8601(to), to_text(step)));
    return {from, step, static_cast<std::int32_t>(span / step.ns)};
}

ReadTable::ReadTable(const Calendar& calendar, std::int32_t sites)
    : calendar_(calendar), sites_(sites) {
    const std::size_t cells =
        static_cast<std::size_t>(sites) * static_cast<std::size_t>(calendar.count);
    readings_.resize(cells);
    received_.assign(cells, never);
}

bool ReadTable::fits(std::int32_t site, std::int32_t interval, const Reading& reading) const {
    if (reading.import_wh < 0 || reading.export_wh < 0) return false;
    if (interval > 0 && present(site, interval - 1) &&
        !follows(this->reading(site, interval - 1), reading))
        return false;
    return interval + 1 >= calendar_.count || !present(site, interval + 1) ||
           follows(reading, this->reading(site, interval + 1));
}

PutResult ReadTable::put(std::int32_t site, std::int32_t interval, const Reading& reading,
                         SimTime received) {
    if (site < 0 || site >= sites_ || interval < 0 || interval >= calendar_.count)
        return PutResult::outside;
    const std::size_t at = cell(site, interval);
    if (received_[at] != never)
        return readings_[at] == reading ? PutResult::duplicate : PutResult::conflict;
    if (!fits(site, interval, reading)) return PutResult::register_mismatch;
    readings_[at] = reading;
    received_[at] = received;
    return PutResult::stored;
}

void ReadTable::add_to(StateHash& h) const {
    for (std::size_t i = 0; i < readings_.size(); ++i) {
        h.add(received_[i].ns);
        h.add(readings_[i].import_wh);
        h.add(readings_[i].export_wh);
        h.add(readings_[i].import_register_wh);
        h.add(readings_[i].export_register_wh);
    }
}

}  // namespace gridflock::inline v0::settle
