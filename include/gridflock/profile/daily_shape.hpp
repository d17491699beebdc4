// SPDX-License-Identifier: Apache-2.0
// A daily shape: 24 values, each at the start of its wall hour, linear and periodic in between.
#pragma once

#include <gridflock/core/math.hpp>

#include <array>
#include <cstddef>

namespace gridflock::inline v0::profile {

class DailyShape {
public:
    using Values = std::array<double, 24>;

    DailyShape() { values_.fill(1.0); }
    explicit DailyShape(const Values& values) : values_(values) {
        double sum = 0;
        for (const double v : values_) sum += v;
        mean_ = sum / 24.0;
    }

    const Values& values() const { return values_; }
    /// Mean over the day; of the values and of the interpolated line alike.
    double mean() const { return mean_; }
    /// Value at a wall hour, any real number (24.5 means 0.5). Errors: none; NaN gives the value at
    /// 0.
    double at(double wall_hour) const {
        const double h = wall_hour - 24.0 * math::floor(wall_hour / 24.0);
        if (!(h >= 0.0 && h < 24.0)) return values_[0];
        const double start = math::floor(h);
        const auto i = static_cast<std::size_t>(start);
        const double a = values_[i], b = values_[(i + 1) % 24];
        return a + (h - start) * (b - a);
    }
    /// at(hour) / mean(): a day of it averages 1.
    double relative(double wall_hour) const { return at(wall_hour) / mean_; }

private:
    Values values_{};
    double mean_ = 1.0;
};

}  // namespace gridflock::inline v0::profile
