// SPDX-License-Identifier: Apache-2.0
// Money as integers: micro-dollars. Prices come as integers too: micro-dollars a megawatt-hour.
//
// An energy of E Wh at a price of P micro-dollar/MWh is worth P E / 10^6 micro-dollars. The product
// is taken in 128 bits and divided once, to the nearest integer, ties to even: so amount(P, -E) is
// -amount(P, E), and a sum of many products loses at most half a micro-dollar in all. A result that
// does not fit 64 bits throws; nothing wraps.
#pragma once

#include <gridflock/core/error.hpp>

#include <compare>
#include <cstdint>
#include <span>
#include <string>

namespace gridflock::inline v0::journal {

__extension__ using Wide = __int128;

/// A sum of money that does not fit 64 bits of micro-dollars.
class MoneyOverflow : public Error {
public:
    using Error::Error;
};

/// Narrows to 64 bits. Errors: MoneyOverflow, naming what was computed.
std::int64_t narrow(Wide value, const char* what);

/// numerator / denominator to the nearest integer, ties to even.
/// Shape   denominator > 0.
/// Errors  MoneyOverflow if the quotient does not fit 64 bits.
std::int64_t divide_nearest(Wide numerator, std::int64_t denominator);

/// Micro-dollars; the most that fits is about 9.2e12 dollars.
struct Money {
    std::int64_t micro = 0;

    constexpr auto operator<=>(const Money&) const = default;
    friend Money operator+(Money a, Money b) {
        return {narrow(Wide{a.micro} + b.micro, "sum of money")};
    }
    friend Money operator-(Money a, Money b) {
        return {narrow(Wide{a.micro} - b.micro, "difference of money")};
    }
    Money operator-() const { return Money{} - *this; }
    Money& operator+=(Money b) { return *this = *this + b; }
    Money& operator-=(Money b) { return *this = *this - b; }
};

struct PricedEnergy {
    std::int64_t micro_per_mwh = 0;
    std::int64_t wh = 0;
};

/// Worth of an energy, Wh signed, at a price in micro-dollar/MWh.
/// Rounding: nearest micro-dollar, ties to even. Errors: MoneyOverflow.
Money amount(std::int64_t micro_per_mwh, std::int64_t wh);
/// Worth of several energies: summed exactly, rounded once.
Money amount(std::span<const PricedEnergy> energies);

/// `thousandths` of x, to the nearest, ties to even: permille(x, 200) is 20 %.
Money permille(Money x, std::int64_t thousandths);

std::string to_text(Money m);  ///< dollars with all six digits: "-12.345678"

}  // namespace gridflock::inline v0::journal
