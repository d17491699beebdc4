// SPDX-License-Identifier: Apache-2.0
#include <gridflock/journal/money.hpp>

#include <limits>

#include <fmt/format.h>

namespace gridflock::inline v0::journal {
namespace {

constexpr std::int32_t million = 1'000'000;

}  // namespace

std::int64_t narrow(Wide value, const char* what) {
    constexpr Wide low = std::numeric_limits<std::int64_t>::min();
    constexpr Wide high = std::numeric_limits<std::int64_t>::max();
    if (value < low || value > high)
        throw MoneyOverflow(std::string(what) + " does not fit 64 bits of micro-dollars");
    return static_cast<std::int64_t>(value);
}

std::int64_t divide_nearest(Wide numerator, std::int64_t denominator) {
    Wide quotient = numerator / denominator;
    Wide rest = numerator % denominator;
    if (rest < 0) {  // make it a floor division: 0 <= rest < denominator
        rest += denominator;
        quotient -= 1;
    }
    const Wide twice = 2 * rest;
    if (twice > denominator || (twice == denominator && quotient % 2 != 0)) quotient += 1;
    return narrow(quotient, "quotient");
}

Money amount(std::int64_t micro_per_mwh, std::int64_t wh) {
    return {divide_nearest(Wide{micro_per_mwh} * wh, million)};
}

Money amount(std::span<const PricedEnergy> energies) {
    Wide whole = 0;  // split each product, so that any number of 126-bit products can be summed
    Wide rest = 0;
    for (const PricedEnergy& e : energies) {
        const Wide product = Wide{e.micro_per_mwh} * e.wh;
        whole += product / million;
        rest += product % million;
    }
    whole += rest / million;
    rest %= million;
    if (rest < 0) {
        rest += million;
        whole -= 1;
    }
    const std::int64_t floor = narrow(whole, "worth of energy");
    const bool up = 2 * rest > million || (2 * rest == million && floor % 2 != 0);
    return {narrow(Wide{floor} + (up ? 1 : 0), "worth of energy")};
}

Money permille(Money x, std::int64_t thousandths) {
    return {divide_nearest(Wide{x.micro} * thousandths, 1000)};
}

std::string to_text(Money m) {
    const bool negative = m.micro < 0;
    const std::uint64_t size =
        negative ? 0 - static_cast<std::uint64_t>(m.micro) : static_cast<std::uint64_t>(m.micro);
    return fmt::format("{}{}.{:06}", negative ? "-" : "", size / million, size % million);
}

}  // namespace gridflock::inline v0::journal
