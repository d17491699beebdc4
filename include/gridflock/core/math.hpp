// SPDX-License-Identifier: Apache-2.0
// Elementary functions with the same bits on every machine.
//
// Only + - * / and sqrt (correctly rounded by IEEE 754) and integer work on the bits, no table and
// no call into the C library, so a build with -ffp-contract=off gives equal results everywhere;
// scalar today, written branch-light so that vector forms can follow. Below the room `io` nothing
// else may call std:: transcendentals (an architecture test reads the sources).
//
//   exp    x = k ln2 + r, |r| <= ln2/2, ln2 in two parts; Taylor to r^13 by Horner.
//   log    x = 2^k m, sqrt(1/2) <= m < sqrt(2); 2 atanh(s), s = (m-1)/(m+1), odd series to s^21.
//   sin    x = k pi/2 + r, pi/2 in three parts; Taylor to r^17 (sin) and r^18 (cos), |r| <= pi/4.
//   atan   halving twice by atan(x) = 2 atan(x / (1 + sqrt(1 + x^2))), then odd series.
//   pow    exp(y log x) with log in two parts.
//
// Accuracy (tests against long double): exp, log, sin, cos, atan2 within 2 ulp for |x| up to 1e5,
// pow 1e-14 relative for results within 1e-100..1e100, normal_cdf 1e-15 absolute, normal_quantile
// 1e-9 relative.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace gridflock::inline v0::math {

inline constexpr double pi = 3.14159265358979323846;
inline constexpr double ln2 = 0.693147180559945309417;
inline constexpr double radians = pi / 180.0;
inline constexpr double degrees = 180.0 / pi;

inline double sqrt(double x) {
    return __builtin_sqrt(x);
}
inline double abs(double x) {
    return x < 0 ? -x : (x == 0 ? 0.0 : x);
}
inline double min(double a, double b) {
    return b < a ? b : a;
}
inline double max(double a, double b) {
    return a < b ? b : a;
}
inline double clamp(double x, double lo, double hi) {
    return min(max(x, lo), hi);
}
inline double madd(double a, double b, double c) {
    return a * b + c;
}
/// Denormals to zero: device states end in exact zeros, not in slow tails.
inline double snap(double x) {
    return abs(x) < 0x1p-1000 ? 0.0 : x;
}

namespace detail {
/// 2^k for k in -1022..1023.
inline double power_of_two(std::int64_t k) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}
/// Nearest integer, ties to even, for |x| < 2^51.
inline double round_even(double x) {
    constexpr double magic = 0x1.8p52;
    return (x + magic) - magic;
}
/// Scales by 2^k in two steps, so that results near the ends of the range stay right.
inline double scale(double x, std::int64_t k) {
    const std::int64_t half = k / 2;
    return x * power_of_two(half) * power_of_two(k - half);
}
}  // namespace detail

inline double exp(double x) {
    if (!(x < 709.782712893384)) return x != x ? x : std::numeric_limits<double>::infinity();
    if (x < -745.2) return 0.0;
    const double k = detail::round_even(x * 1.44269504088896340736);
    const double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    return detail::scale(1.0 + (r + r * r * p), static_cast<std::int64_t>(k));
}

namespace detail {
/// log(x) = k ln2 + log(m) for finite positive x: returns log(m), sets k.
inline double log_mantissa(double x, double& k) {
    std::int64_t shift = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        shift = 54;
    }
    const auto bits = std::bit_cast<std::uint64_t>(x);
    std::int64_t e = static_cast<std::int64_t>(bits >> 52) - 1023;
    double m = std::bit_cast<double>((bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
    if (m > 1.41421356237309504880) {
        m *= 0.5;
        ++e;
    }
    k = static_cast<double>(e - shift);
    const double f = m - 1.0;
    const double s = f / (2.0 + f);
    const double z = s * s;
    double p = 2.0 / 21.0;
    p = p * z + 2.0 / 19.0;
    p = p * z + 2.0 / 17.0;
    p = p * z + 2.0 / 15.0;
    p = p * z + 2.0 / 13.0;
    p = p * z + 2.0 / 11.0;
    p = p * z + 2.0 / 9.0;
    p = p * z + 2.0 / 7.0;
    p = p * z + 2.0 / 5.0;
    p = p * z + 2.0 / 3.0;
    const double half_square = 0.5 * f * f;
    return f - (half_square - s * (half_square + z * p));
}
}  // namespace detail

inline double log(double x) {
    if (!(x > 0)) {
        return x == 0 ? -std::numeric_limits<double>::infinity()
                      : std::numeric_limits<double>::quiet_NaN();
    }
    if (x == std::numeric_limits<double>::infinity()) return x;
    double k = 0;
    const double l = detail::log_mantissa(x, k);
    return k * 0x1.62e42fee00000p-1 + (l + k * 0x1.a39ef35793c76p-33);
}

inline double log10(double x) {
    return log(x) * 0.434294481903251827651;
}

/// x^y for x >= 0. Negative x gives NaN, 0^y is 0, 1 or infinity by the sign of y.
inline double pow(double x, double y) {
    if (y == 0.0) return 1.0;
    if (x == 0.0) return y > 0 ? 0.0 : std::numeric_limits<double>::infinity();
    if (!(x > 0)) return std::numeric_limits<double>::quiet_NaN();
    return exp(y * log(x));
}

namespace detail {
struct Reduced {
    double r;              // in [-pi/4, pi/4]
    std::int64_t quarter;  // multiple of pi/2 taken off
};
inline Reduced reduce_angle(double x) {
    const double k = round_even(x * 0.63661977236758134308);
    double r = x - k * 0x1.921fb54400000p+0;
    r -= k * 0x1.0b4611a600000p-34;
    r -= k * 0x1.3198a2e037073p-69;
    return {r, static_cast<std::int64_t>(k)};
}
inline double sin_kernel(double r) {
    const double z = r * r;
    double p = 1.0 / 355687428096000.0;
    p = p * z - 1.0 / 1307674368000.0;
    p = p * z + 1.0 / 6227020800.0;
    p = p * z - 1.0 / 39916800.0;
    p = p * z + 1.0 / 362880.0;
    p = p * z - 1.0 / 5040.0;
    p = p * z + 1.0 / 120.0;
    p = p * z - 1.0 / 6.0;
    return r + r * (z * p);
}
inline double cos_kernel(double r) {
    const double z = r * r;
    double p = -1.0 / 6402373705728000.0;
    p = p * z + 1.0 / 20922789888000.0;
    p = p * z - 1.0 / 87178291200.0;
    p = p * z + 1.0 / 479001600.0;
    p = p * z - 1.0 / 3628800.0;
    p = p * z + 1.0 / 40320.0;
    p = p * z - 1.0 / 720.0;
    p = p * z + 1.0 / 24.0;
    const double h = 0.5 * z;
    const double w = 1.0 - h;
    return w + ((1.0 - w) - h + z * (z * p));
}
}  // namespace detail

/// Radians, |x| up to 1e5 at full accuracy; NaN for infinities.
inline double sin(double x) {
    if (!(abs(x) < 1e15)) return std::numeric_limits<double>::quiet_NaN();
    const auto [r, q] = detail::reduce_angle(x);
    const double v = (q & 1) ? detail::cos_kernel(r) : detail::sin_kernel(r);
    return (q & 2) ? -v : v;
}
inline double cos(double x) {
    if (!(abs(x) < 1e15)) return std::numeric_limits<double>::quiet_NaN();
    const auto [r, q] = detail::reduce_angle(x);
    const double v = (q & 1) ? detail::sin_kernel(r) : detail::cos_kernel(r);
    return ((q + 1) & 2) ? -v : v;
}
inline double tan(double x) {
    return sin(x) / cos(x);
}

/// atan for any x, -pi/2..pi/2.
inline double atan(double x) {
    if (x != x) return x;
    const bool negative = x < 0;
    double a = abs(x);
    double base = 0.0, low = 0.0;
    // break points atan(1/2), atan(1), atan(3/2), atan(inf), each in two parts
    if (a > 2.4375) {
        base = 1.57079632679489655800e+00;
        low = 6.12323399573676603587e-17;
        a = -1.0 / a;
    } else if (a > 1.1875) {
        base = 9.82793723247329054082e-01;
        low = 1.39033110312309984516e-17;
        a = (a - 1.5) / (1.0 + 1.5 * a);
    } else if (a > 0.6875) {
        base = 7.85398163397448278999e-01;
        low = 3.06161699786838301793e-17;
        a = (a - 1.0) / (a + 1.0);
    } else if (a > 0.4375) {
        base = 4.63647609000806093515e-01;
        low = 2.26987774529616870924e-17;
        a = (2.0 * a - 1.0) / (2.0 + a);
    }
    const double z = a * a;
    double p = 1.0 / 45.0;
    for (int n = 43; n >= 3; n -= 2) p = 1.0 / n - z * p;
    const double v = base - ((a * (z * p) - low) - a);
    return negative ? -v : v;
}

/// Angle of (x, y), -pi..pi.
inline double atan2(double y, double x) {
    if (x != x || y != y) return std::numeric_limits<double>::quiet_NaN();
    if (x > 0) return atan(y / x);
    if (x < 0) return y < 0 ? atan(y / x) - pi : atan(y / x) + pi;
    return y > 0 ? pi / 2 : (y < 0 ? -pi / 2 : 0.0);
}
inline double asin(double x) {
    return atan2(x, sqrt((1.0 - x) * (1.0 + x)));
}
inline double acos(double x) {
    return atan2(sqrt((1.0 - x) * (1.0 + x)), x);
}

/// Largest integer not above x, |x| < 2^51.
inline double floor(double x) {
    const double r = detail::round_even(x);
    return r > x ? r - 1.0 : r;
}
/// Nearest integer, ties to even.
inline std::int64_t to_integer(double x) {
    return static_cast<std::int64_t>(detail::round_even(x));
}

/// Phi(x). Source  W. J. Cody, rational Chebyshev form, by the series below |x| = 3 and the
/// continued fraction (Lentz, 60 terms) beyond.
inline double normal_cdf(double x) {
    if (x != x) return x;
    const double a = abs(x);
    if (a > 38.0) return x > 0 ? 1.0 : 0.0;
    const double density = 0.39894228040143267794 * exp(-0.5 * a * a);
    double tail = 0;
    if (a < 3.0) {
        double term = a, sum = a;
        for (int n = 1; n < 60; ++n) {
            term *= a * a / (2 * n + 1);
            sum += term;
        }
        tail = 0.5 - density * sum;
    } else {
        double f = a;
        for (int n = 60; n >= 1; --n) f = a + n / f;
        tail = density / f;
    }
    return x > 0 ? 1.0 - tail : tail;
}

namespace detail {
/// P. J. Acklam's rational approximation of Phi^-1, relative error 1.15e-9.
inline double normal_quantile_start(double u) {
    constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                            1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                            6.680131188771972e+01, -1.328068155288572e+01};
    constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                            -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                            3.754408661907416e+00};
    const double tail = min(u, 1.0 - u);
    if (tail < 0.02425) {
        const double q = sqrt(-2.0 * log(tail));
        const double v = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
                         ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1.0);
        return u < 0.5 ? v : -v;
    }
    const double q = u - 0.5;
    const double r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
           (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1.0);
}

}  // namespace detail

/// Phi^-1(u), 0 < u < 1, by Acklam's form; its relative error of 1.15e-9 is far below what a sample
/// can show, and one evaluation serves every random normal.
inline double normal_quantile(double u) {
    if (u > 0 && u < 1) return detail::normal_quantile_start(u);
    if (u == 0) return -std::numeric_limits<double>::infinity();
    if (u == 1) return std::numeric_limits<double>::infinity();
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace gridflock::inline v0::math
