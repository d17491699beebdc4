// SPDX-License-Identifier: Apache-2.0
// Scores of a forecast against what came. Pairs with a NaN on either side do not count; a score of
// nothing is NaN. Error means forecast - truth.
// Source  Gneiting and Raftery 2007 (pinball); Solar Forecast Arbiter (normalisation by capacity).
#pragma once

#include <span>

namespace gridflock::inline v0::forecast {

double mae(std::span<const double> forecast, std::span<const double> truth);
double rmse(std::span<const double> forecast, std::span<const double> truth);
double bias(std::span<const double> forecast, std::span<const double> truth);
/// MAE over the mean absolute truth of the same pairs.
double nmae(std::span<const double> forecast, std::span<const double> truth);
/// MAE over a given scale, e.g. the capacity.
double nmae(std::span<const double> forecast, std::span<const double> truth, double scale);
/// Mean of u (tau - [u < 0]), u = truth - quantile.
double pinball(std::span<const double> quantile, std::span<const double> truth, double tau);
/// Share of truths within low..high, ends included.
double coverage(std::span<const double> low, std::span<const double> high,
                std::span<const double> truth);

}  // namespace gridflock::inline v0::forecast
