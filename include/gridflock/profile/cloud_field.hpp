// SPDX-License-Identifier: Apache-2.0
// Clouds over a feeder: a Gaussian field in space and time, mapped to a clear-sky index.
//
//   z(t + dt) = r z(t) + sqrt(1 - r^2) C xi,   r = exp(-dt / time_constant),  C C^T = exp(-d / L)
//   kappa     = F^-1(Phi(z)),  F = w N(clear) + (1 - w) N(cloudy), clipped to [lowest, highest]
//
// So every site has the marginal F, each pair the correlation exp(-d / L) of its Gaussian part, and
// the process is exact for any step. Sites at one place (to a millimetre) share one component. C is
// lower triangular in the order of the sites: a site added at the end leaves the others' clouds
// alone.
// Source  Gaussian copula over an exponential covariance; structure after Lave and Kleissl (2013)
//         and Munkhammar and Widen (2018), numbers `ours`.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/core/random.hpp>

#include <span>
#include <vector>

namespace gridflock::inline v0::profile {

/// A mixture of two normals, clipped.
struct ClearnessLaw {
    double clear_weight = 0.6;
    double clear_mean = 1.0;
    double clear_sd = 0.05;
    double cloudy_mean = 0.45;
    double cloudy_sd = 0.15;
    double lowest = 0.0;
    double highest = 1.4;

    double cdf(double kappa) const;   ///< of the unclipped mixture
    double quantile(double u) const;  ///< clipped; by bisection to 1e-12
};

struct CloudParams {
    double correlation_m = 1200;
    Duration time_constant = seconds(600);
    ClearnessLaw law;
};

struct PointM {
    double x_m = 0;
    double y_m = 0;
};

/// What a checkpoint keeps: the field, [location][lane].
struct CloudState {
    Column<double> z;
    bool operator==(const CloudState&) const = default;
};

class CloudField {
public:
    /// Errors: Error for parameters out of range or coordinates that are not finite.
    CloudField(const CloudParams& params, std::span<const PointM> site);

    std::size_t sites() const { return location_of_.size(); }
    std::size_t locations() const { return id_.size(); }
    std::size_t location_of(std::size_t site) const { return location_of_[site]; }

    /// The field at t0 from its stationary law. `key` is [lane].
    CloudState start(std::span<const RandomKey> key, SimTime t0) const;

    /// Clear-sky index at clock.now.
    /// Shape   kappa: [site, lane], within [lowest, highest].
    /// Changes kappa of the lanes that take part. Allocates nothing.
    void clearness(const CloudState& state, const LaneClock& clock, ColumnView<double> kappa) const;

    /// Carries the field from clock.now to clock.now + dt.
    /// Shape   scratch: [location, lane], workspace, contents free.
    /// Changes state.z and scratch of the lanes that take part. Allocates nothing.
    void advance(CloudState& state, const LaneClock& clock, std::span<const RandomKey> key,
                 ColumnView<double> scratch) const;

    /// The map from the field to the index: table of 4097 points on |z| <= 6, linear in between.
    double kappa_of(double z) const;

private:
    double correlated(std::size_t location, ColumnView<const double> xi, std::size_t lane) const;

    CloudParams params_;
    std::vector<std::size_t> location_of_;  // [site]
    std::vector<StableId> id_;              // [location]
    std::vector<double> factor_;            // lower triangle by rows: row i starts at i (i + 1) / 2
    std::vector<double> table_;
};

/// Lower Cholesky factor, packed by rows, of the covariance exp(-d / correlation_m). A pivot below
/// 1e-12 (points as good as equal) is raised to it.
std::vector<double> exponential_factor(std::span<const PointM> points, double correlation_m);

}  // namespace gridflock::inline v0::profile
