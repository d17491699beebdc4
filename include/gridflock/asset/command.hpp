// SPDX-License-Identifier: Apache-2.0
// What the aggregator tells a site, and what the site answers. Times in a command are relative to
// the instant it was sent, which the message carries.
#pragma once

#include <gridflock/asset/records.hpp>
#include <gridflock/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace gridflock::inline v0::asset {

enum class CommandReason : std::uint8_t {
    none = 0,
    award = 1,  ///< a market award is followed
    peak_shaving = 2,
    reserve = 3,
    test = 4,
    cancel = 5,  ///< back to the default control
};

/// A setpoint with an expiry.
struct Command {
    static constexpr std::size_t width = 4;  ///< doubles in a payload

    double p_w = 0.0;            ///< + into the grid; NaN: default control
    double start_after_s = 0.0;  ///< from sent_at
    double valid_for_s = 0.0;    ///< from its start
    CommandReason reason = CommandReason::none;
};

enum class AckCode : std::uint8_t {
    accepted = 0,
    expired = 1,       ///< arrived after its end
    out_of_range = 2,  ///< outside the nameplate: refused, not clipped
    superseded = 3,    ///< a newer command had arrived before
    not_enrolled = 4,
    malformed = 5,
};

const char* to_text(CommandReason reason);
const char* to_text(AckCode code);

struct Acknowledgement {
    static constexpr std::size_t width = 2;

    std::int64_t command_tick = -1;  ///< exact in a payload up to 2^53
    AckCode code = AckCode::accepted;
};

/// Shape  out: [Command::width], [Acknowledgement::width].
void pack(const Command& command, std::span<double> out);
void pack(const Acknowledgement& ack, std::span<double> out);
Command unpack_command(std::span<const double> in);
Acknowledgement unpack_acknowledgement(std::span<const double> in);

SimTime starts_at(const Command& command, SimTime sent_at);
SimTime expires_at(const Command& command, SimTime sent_at);

/// How a site answers a command that it has just received.
/// Errors  none: a command that makes no sense is `malformed`.
AckCode judge(const Command& command, SimTime sent_at, SimTime now, const Capability& capability);

}  // namespace gridflock::inline v0::asset
