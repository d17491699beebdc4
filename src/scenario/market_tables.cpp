// SPDX-License-Identifier: Apache-2.0
// The field tables of a region's rules. A Figure's own table names value, unit and source; the
// field that holds it says which unit it must have.
#include "scenario/codec.hpp"

#include <array>

namespace gridflock::inline v0::scenario {

namespace {

constexpr const char* price = "USD/MWh";
constexpr std::array status_words{"verified", "secondary", "memory", "ours"};
constexpr std::array kind_words{"energy_reduction"};

/// A figure of that unit; the range holds for each of its numbers.
template <auto Member>
constexpr Field figure(const char* key, const char* unit, Range range, const char* doc) {
    return required(number<Member>(key, unit, 1, range, doc));
}

constexpr std::array figure_table{
    required(field<&Figure::value>("value", "The number, or the list of numbers.")),
    required(field<&Figure::unit>("unit", "Its unit.")),
    field<&Figure::source>("source", "Where it was read."),
    field<&Figure::retrieved>("retrieved", "When it was read, an ISO date."),
    field<&Figure::valid_from>("valid_from", "First day on which it holds."),
    field<&Figure::valid_to>("valid_to", "Last day on which it holds."),
    required(word<&Figure::status>("status", status_words, "How well it is known.")),
};
constexpr std::array exception_table{
    required(field<&PriceException::begin>("begin", "Start.")),
    required(field<&PriceException::end>("end", "End.")),
    figure<&PriceException::price>("price", price, any, "Real-time price in that time."),
};
constexpr std::array product_table{
    word<&ProductRules::kind>("kind", kind_words, "What is sold."),
    figure<&ProductRules::hours>("hours", "h", between(0, 23), "Hours of the day, by their start."),
    figure<&ProductRules::step>("step", "MW", positive, "Step of a bid."),
};
constexpr std::array gate_table{
    required(field<&GateRules::bid>("bid", "Bids close.")),
    required(field<&GateRules::award>("award", "Awards are published.")),
};
constexpr std::array price_table{
    figure<&PriceRules::day_ahead>("day_ahead", price, any, "One price for each product hour."),
    figure<&PriceRules::real_time_factor>("real_time_factor", "1", not_negative,
                                          "Real-time over day-ahead price."),
    field<&PriceRules::exceptions>("exception", "Real-time prices that depart from the factor."),
};
constexpr std::array bid_table{
    figure<&BidRules::ask>("ask", price, any, "Least price at which energy is sold."),
    figure<&BidRules::deviations>("deviations", "1", not_negative,
                                  "Standard deviations taken off the mean energy."),
    figure<&BidRules::power_share>("power_share", "1", share,
                                   "Share of the deliverable power that may be bid."),
    field<&BidRules::energy_at>("energy_at", "Stored energy counts as of this time,"),
    field<&BidRules::energy_to>("energy_to", "less the self-consumption up to this time."),
};
constexpr std::array baseline_table{
    figure<&BaselineRules::days>("days", "d", between(1, 60), "Days before delivery looked at."),
    figure<&BaselineRules::drop_lowest>("drop_lowest", "d", between(0, 59),
                                        "Days dropped, of least net energy in the window."),
    field<&BaselineRules::begin>("begin", "Start of the window."),
    field<&BaselineRules::end>("end", "End of the window."),
};
constexpr std::array money_table{
    figure<&MoneyRules::supplier_price>("supplier_price", price, any,
                                        "Paid to the suppliers for delivered energy, signed."),
    figure<&MoneyRules::fee_share>("fee_share", "1", share,
                                   "The aggregator's share of what is left."),
};
constexpr std::array rules_table{
    required(
        number<&MarketRules::format>("format", "", 1, between(1, 1), "Version of the format.")),
    required(field<&MarketRules::name>("name", "Name of the region.")),
    field<&MarketRules::currency>("currency", "ISO 4217 code."),
    required(field<&MarketRules::product>("product", "What is sold.")),
    required(field<&MarketRules::gates>("gates", "When it is sold.")),
    required(field<&MarketRules::prices>("prices", "Prices.")),
    required(field<&MarketRules::bid>("bid", "How the bid is made.")),
    required(field<&MarketRules::baseline>("baseline", "What would have been.")),
    required(field<&MarketRules::money>("money", "Who gets what.")),
};

void gather(const Schema& s, const void* object, const std::string& path,
            std::vector<std::pair<std::string, Figure>>& out) {
    for (const Field& f : s.fields) {
        const std::string where = join_path(path, f.key);
        if (f.is_list()) {
            void* list = const_cast<void*>(f.member_of(object));
            for (std::size_t i = 0; i < f.codec->size(list); ++i)
                gather(*f.codec->schema(), f.codec->at(list, i), index_path(where, i), out);
        } else if (f.is_section()) {
            if (f.codec->schema() == &figure_fields())
                out.emplace_back(where, *static_cast<const Figure*>(f.member_of(object)));
            else
                gather(*f.codec->schema(), f.member_of(object), where, out);
        }
    }
}

}  // namespace

template <>
const Schema& schema_of<Figure>() {
    static constexpr Schema s{"figure", figure_table, defaults_of<Figure>};
    return s;
}
template <>
const Schema& schema_of<PriceException>() {
    static constexpr Schema s{"exception", exception_table, defaults_of<PriceException>};
    return s;
}
template <>
const Schema& schema_of<ProductRules>() {
    static constexpr Schema s{"product", product_table, defaults_of<ProductRules>};
    return s;
}
template <>
const Schema& schema_of<GateRules>() {
    static constexpr Schema s{"gates", gate_table, defaults_of<GateRules>};
    return s;
}
template <>
const Schema& schema_of<PriceRules>() {
    static constexpr Schema s{"prices", price_table, defaults_of<PriceRules>};
    return s;
}
template <>
const Schema& schema_of<BidRules>() {
    static constexpr Schema s{"bid", bid_table, defaults_of<BidRules>};
    return s;
}
template <>
const Schema& schema_of<BaselineRules>() {
    static constexpr Schema s{"baseline", baseline_table, defaults_of<BaselineRules>};
    return s;
}
template <>
const Schema& schema_of<MoneyRules>() {
    static constexpr Schema s{"money", money_table, defaults_of<MoneyRules>};
    return s;
}

const Schema& figure_fields() {
    return schema_of<Figure>();
}

const Schema& market_rules_fields() {
    static constexpr Schema s{"market rules", rules_table, defaults_of<MarketRules>};
    return s;
}

std::vector<std::pair<std::string, Figure>> figures(const MarketRules& rules) {
    std::vector<std::pair<std::string, Figure>> out;
    gather(market_rules_fields(), &rules, "", out);
    return out;
}

}  // namespace gridflock::inline v0::scenario
