// SPDX-License-Identifier: Apache-2.0
#include <gridflock/market/bid.hpp>

#include <fmt/format.h>

namespace gridflock::inline v0::market {
namespace {

void check_step(const Product& product, const BidStep& step, const std::string& path,
                std::vector<Fault>& faults) {
    if (step.hour < 0 || step.hour >= static_cast<int>(product.hours.size()))
        faults.push_back({{"", 0, path + ".hour"},
                          fmt::format("{}", step.hour),
                          fmt::format("one of the product's {} hours", product.hours.size()),
                          "count hours from 0"});
    if (step.power_w <= 0 || step.power_w % product.step_w != 0)
        faults.push_back({{"", 0, path + ".power"},
                          fmt::format("{} W", step.power_w),
                          fmt::format("a positive multiple of {} W", product.step_w),
                          "round down to whole steps"});
    if (step.ask < product.price_floor || step.ask > product.price_cap)
        faults.push_back({{"", 0, path + ".ask"},
                          to_text(step.ask) + " $/MWh",
                          fmt::format("within {} and {} $/MWh", to_text(product.price_floor),
                                      to_text(product.price_cap)),
                          "ask within the bounds"});
}

}  // namespace

std::int64_t Award::total_wh() const {
    std::int64_t sum = 0;
    for (const std::int64_t w : power_w) sum += w;
    return sum;  // one hour each
}

std::vector<Fault> check(const Product& product, const BidLadder& ladder) {
    std::vector<Fault> faults;
    for (std::size_t i = 0; i < ladder.steps.size(); ++i)
        check_step(product, ladder.steps[i], fmt::format("bid.step[{}]", i), faults);
    return faults;
}

Award clear_day_ahead(const Product& product, std::span<const Price> price,
                      const BidLadder& ladder) {
    if (price.size() != product.hours.size())
        throw ShapeError(fmt::format("{} prices for {} hours", price.size(), product.hours.size()));
    if (std::vector<Fault> faults = check(product, ladder); !faults.empty())
        throw ScenarioError(std::move(faults));
    Award award;
    award.power_w.assign(product.hours.size(), 0);
    for (const BidStep& step : ladder.steps) {
        const auto hour = static_cast<std::size_t>(step.hour);
        const bool accepted = step.ask <= price[hour];
        award.accepted.push_back(accepted ? 1 : 0);
        if (accepted) award.power_w[hour] += step.power_w;
    }
    return award;
}

std::vector<Price> hourly_day_ahead(const PriceSeries& series, const Product& product,
                                    const Zone& zone, SimTime midnight) {
    std::vector<Price> prices(product.hours.size(), product.price_floor);
    for (const DeliveryHour& h : delivery_hours(product, zone, midnight)) {
        const std::int64_t i = series.index(h.start);
        if (i >= 0)
            prices[static_cast<std::size_t>(h.hour)] =
                series.day_ahead[static_cast<std::size_t>(i)];
    }
    return prices;
}

}  // namespace gridflock::inline v0::market
