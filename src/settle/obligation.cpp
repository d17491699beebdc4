// SPDX-License-Identifier: Apache-2.0
#include <gridflock/settle/obligation.hpp>

namespace gridflock::inline v0::settle {

std::vector<Obligation> obligations(const market::Product& product, const market::Award& award,
                                    const market::PriceSeries& prices, const Calendar& calendar,
                                    const Zone& zone, SimTime midnight) {
    if (award.power_w.size() != product.hours.size())
        throw ShapeError("an award needs one power an hour of the product");
    const std::int64_t parts = hours(1) / calendar.step;
    std::vector<Obligation> found;
    for (const market::DeliveryHour& hour : market::delivery_hours(product, zone, midnight)) {
        const std::int64_t power = award.power_w[static_cast<std::size_t>(hour.hour)];
        if (power == 0) continue;
        if (power % parts != 0) throw Error("an award is not a whole number of Wh an interval");
        for (std::int64_t part = 0; part < parts; ++part) {
            const SimTime start = hour.start + part * calendar.step;
            const std::int64_t price = prices.index(start);
            const std::int32_t interval = calendar.index(start);
            if (price < 0 || interval < 0)
                throw Error("no price or no meter interval for the award at " + iso8601(start));
            found.push_back({start, interval, hour.hour, power / parts,
                             prices.day_ahead[static_cast<std::size_t>(price)],
                             prices.real_time[static_cast<std::size_t>(price)]});
        }
    }
    return found;
}

}  // namespace gridflock::inline v0::settle
