// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/command.hpp>

#include <cmath>

namespace gridflock::inline v0::asset {

namespace {
// A year: beyond it a time in a command is a mistake, and within it the conversion to ns is safe.
constexpr double longest_s = 366.0 * 86400.0;

bool is_span(double s) {
    return s >= 0.0 && s <= longest_s;
}

Duration from_seconds(double s) {
    return {std::llround(s * 1e9)};
}

/// The enumerator of a payload cell, or `fallback` when the cell holds no code up to `last`.
template <class Code>
Code to_code(double cell, Code last, Code fallback) {
    if (!(cell >= 0.0 && cell <= static_cast<double>(last))) return fallback;
    return static_cast<Code>(static_cast<std::uint8_t>(cell));
}
}  // namespace

const char* to_text(CommandReason reason) {
    switch (reason) {
        case CommandReason::none:
            return "none";
        case CommandReason::award:
            return "award";
        case CommandReason::peak_shaving:
            return "peak shaving";
        case CommandReason::reserve:
            return "reserve";
        case CommandReason::test:
            return "test";
        case CommandReason::cancel:
            return "cancel";
    }
    return "unknown";
}

const char* to_text(AckCode code) {
    switch (code) {
        case AckCode::accepted:
            return "accepted";
        case AckCode::expired:
            return "expired";
        case AckCode::out_of_range:
            return "out of range";
        case AckCode::superseded:
            return "superseded";
        case AckCode::not_enrolled:
            return "not enrolled";
        case AckCode::malformed:
            return "malformed";
    }
    return "unknown";
}

void pack(const Command& command, std::span<double> out) {
    out[0] = command.p_w;
    out[1] = command.start_after_s;
    out[2] = command.valid_for_s;
    out[3] = static_cast<double>(command.reason);
}

void pack(const Acknowledgement& ack, std::span<double> out) {
    out[0] = static_cast<double>(ack.command_tick);
    out[1] = static_cast<double>(ack.code);
}

Command unpack_command(std::span<const double> in) {
    return {in[0], in[1], in[2], to_code(in[3], CommandReason::cancel, CommandReason::none)};
}

Acknowledgement unpack_acknowledgement(std::span<const double> in) {
    const bool exact = in[0] >= 0.0 && in[0] <= 0x1p53;
    return {exact ? static_cast<std::int64_t>(in[0]) : -1,
            to_code(in[1], AckCode::malformed, AckCode::malformed)};
}

SimTime starts_at(const Command& command, SimTime sent_at) {
    return is_span(command.start_after_s) ? sent_at + from_seconds(command.start_after_s) : never;
}

SimTime expires_at(const Command& command, SimTime sent_at) {
    const SimTime start = starts_at(command, sent_at);
    if (start == never || !is_span(command.valid_for_s)) return sent_at;
    return start + from_seconds(command.valid_for_s);
}

AckCode judge(const Command& command, SimTime sent_at, SimTime now, const Capability& capability) {
    if (!is_span(command.start_after_s) || !is_span(command.valid_for_s)) return AckCode::malformed;
    if (now >= expires_at(command, sent_at)) return AckCode::expired;
    if (command.p_w != command.p_w) return AckCode::accepted;  // NaN asks for the default control
    if (command.p_w < capability.p_min_w || command.p_w > capability.p_max_w)
        return AckCode::out_of_range;
    return AckCode::accepted;
}

}  // namespace gridflock::inline v0::asset
