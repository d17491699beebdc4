// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/powerflow/load_law.hpp>

using namespace gridflock;
using grid::LoadModel;
using powerflow::admittance;
using powerflow::LoadLaw;

namespace {

LoadLaw law(LoadModel model) {
    LoadLaw l;
    l.model = model;
    l.g = 10;
    l.b = -4;
    l.fixed_b = -4;
    return l;
}

double power(const LoadLaw& l, double u, double scale = 1) {
    return admittance(l, u, scale).g * u * u;
}
double reactive(const LoadLaw& l, double u, double scale = 1) {
    return -admittance(l, u, scale).b * u * u;
}

}  // namespace

TEST_CASE("load law: at rated voltage every model draws its rating") {
    for (int m = 1; m <= 8; ++m) {
        LoadLaw l = law(static_cast<LoadModel>(m));
        l.zip = {0.2, 0.3, 0.5, 0.4, 0.4, 0.2, 0};
        CHECK(power(l, 1) == Approx(10));
        CHECK(reactive(l, 1) == Approx(4));
    }
}

TEST_CASE("load law: inside the band each model keeps what its name says") {
    const double u = 0.97;
    CHECK(power(law(LoadModel::constant_power), u) == Approx(10));
    CHECK(power(law(LoadModel::constant_impedance), u) == Approx(10 * u * u));
    CHECK(power(law(LoadModel::constant_current), u) == Approx(10 * u));
    CHECK(power(law(LoadModel::motor), u) == Approx(10));
    CHECK(reactive(law(LoadModel::motor), u) == Approx(4 * u * u));
    CHECK(power(law(LoadModel::cvr), u) == Approx(10 * u));
    CHECK(reactive(law(LoadModel::cvr), u) == Approx(4 * u * u));
    LoadLaw cubic = law(LoadModel::cvr);
    cubic.cvr_watts = 0.8;
    cubic.cvr_vars = 3;
    CHECK(power(cubic, u) == Approx(10 * std::pow(u, 0.8)));
    CHECK(reactive(cubic, u) == Approx(4 * u * u * u));
}

TEST_CASE("load law: constant power goes on continuously below and above its band") {
    const LoadLaw l = law(LoadModel::constant_power);
    CHECK(power(l, 0.95 - 1e-9) == Approx(power(l, 0.95 + 1e-9)).epsilon(1e-6));
    CHECK(power(l, 1.05 - 1e-9) == Approx(power(l, 1.05 + 1e-9)).epsilon(1e-6));
    CHECK(power(l, 0.5 + 1e-9) == Approx(power(l, 0.5 - 1e-9)).epsilon(1e-6));
    CHECK(power(l, 1.10) == Approx(10 * 1.10 * 1.10 / (1.05 * 1.05)));
    CHECK(power(l, 0.3) == Approx(10 * 0.09));
    CHECK(power(l, 0) == 0);
}

TEST_CASE("load law: the multiplier scales all but fixed loads and fixed reactive power") {
    CHECK(power(law(LoadModel::constant_power), 0.97, 0.5) == Approx(5));
    LoadLaw fixed = law(LoadModel::constant_power);
    fixed.is_fixed = true;
    CHECK(power(fixed, 0.97, 0.5) == Approx(10));
    CHECK(reactive(law(LoadModel::fixed_q), 0.97, 0.5) == Approx(4));
    CHECK(reactive(law(LoadModel::fixed_x), 0.97, 0.5) == Approx(4 * 0.97 * 0.97));
}

TEST_CASE("load law: a zip load below its cut-off voltage goes out") {
    LoadLaw l = law(LoadModel::zip);
    l.zip = {0.2, 0.3, 0.5, 0.2, 0.3, 0.5, 0.7};
    CHECK(power(l, 0.65) == Approx(0).margin(1e-9));
    CHECK(power(l, 1.0) == Approx(10));
}
