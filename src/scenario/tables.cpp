// SPDX-License-Identifier: Apache-2.0
// The field tables of a scenario's sections. Units and ranges are the key's own; members are SI.
#include "scenario/codec.hpp"

#include <array>

namespace gridflock::inline v0::scenario {

namespace {

constexpr double kilo = 1e3, kwh = 3.6e6, milli = 1e-3;

constexpr std::array control_words{"off", "static"};
constexpr std::array coordinate_words{"ft", "m", "km"};
constexpr std::array cloud_words{"none", "copula"};
constexpr std::array weight_words{"kw", "equal"};
constexpr std::array profile_words{"residential", "constant"};
constexpr std::array device_words{"load", "pv", "battery"};
constexpr std::array inverter_words{"unity", "ieee1547-A", "ieee1547-B"};
constexpr std::array pv_forecast_words{"smart_persistence"};
constexpr std::array load_forecast_words{"seasonal_naive"};
constexpr std::array attack_words{"forged", "replayed"};
constexpr std::array channel_words{"command", "telemetry", "acknowledgement", "reads"};
constexpr std::array switching_words{"open", "close"};

constexpr std::array time_fields{
    field<&TimeFrame::start>("start", "Start of the run, wall time in `zone`."),
    field<&TimeFrame::zone>("zone", "Time zone of the IANA database."),
    number<&TimeFrame::warmup>("warmup", "", 1, not_negative,
                               "Time before `start` with meters only, no power flow."),
    number<&TimeFrame::duration>("duration", "", 1, positive, "Length of the run."),
    number<&TimeFrame::step>("step", "", 1, positive, "Step of devices and grid."),
    field<&TimeFrame::delivery>("delivery",
                                "Delivery day D of the market; the run's last day by default."),
};
constexpr std::array background_fields{
    number<&Background::scale>("scale", "", 1, not_negative, "Factor of the feeder's own loads."),
    field<&Background::shape>("shape", "Daily shape, a name in [shapes]; empty: constant."),
};
constexpr std::array feeder_fields{
    field<&Feeder::file>("file", "OpenDSS script, relative to the scenario; empty: one bus."),
    word<&Feeder::controls>("controls", control_words, "Feeder controls."),
    word<&Feeder::coordinates>("coordinates", coordinate_words, "Unit of the bus coordinates."),
    number<&Feeder::tolerance>("tolerance", "", 1, {1e-14, 1e-2, false},
                               "Largest complex voltage change at the solution, per unit."),
    number<&Feeder::max_iterations>("max_iterations", "", 1, between(1, 10000),
                                    "Iterations after which a lane has failed."),
    field<&Feeder::background>("background", "The feeder's own spot loads."),
};
constexpr std::array mixture_fields{
    number<&MixturePart::weight>("weight", "", 1, share, "Share of the part."),
    number<&MixturePart::mean>("mean", "", 1, not_negative, "Mean clear-sky index."),
    number<&MixturePart::sd>("sd", "", 1, positive, "Standard deviation."),
};
constexpr std::array cloud_fields{
    word<&Clouds::model>("model", cloud_words, "Clear sky, or a cloud field over the sites."),
    number<&Clouds::correlation>("correlation_km", "km", kilo, positive,
                                 "Distance at which the correlation is 1/e."),
    number<&Clouds::tau>("tau_s", "s", 1, positive, "Correlation time of the field."),
    field<&Clouds::mixture>("mixture", "Law of the clear-sky index, normal parts."),
    number<&Clouds::min>("min", "", 1, not_negative, "Least clear-sky index."),
    number<&Clouds::max>("max", "", 1, between(0, 2), "Largest clear-sky index."),
};
constexpr std::array weather_fields{
    field<&WeatherSource::file>("file", "TMY3 file, plain or gzip, relative to the scenario."),
    number<&WeatherSource::turbidity>("turbidity", "", 1, between(1, 12), "Linke turbidity."),
    field<&WeatherSource::clouds>("clouds", "The cloud field."),
};
constexpr std::array at_fields{
    field<&At::nodes>("nodes", "\"loads\" for all spot loads, or a list of buses."),
    word<&At::weight>("weight", weight_words, "How sites are shared out among the nodes."),
};
constexpr std::array noise_fields{
    number<&Noise::sd>("sd", "", 1, not_negative, "Standard deviation, relative."),
    number<&Noise::correlation>("correlation", "", 1, {0, 0.999999, false},
                                "Correlation of one step with the next."),
    number<&Noise::step>("step", "", 1, positive, "Step of the noise."),
};
constexpr std::array profile_fields{
    word<&LoadProfile::model>("model", profile_words, "Model of the demand."),
    number<&LoadProfile::energy_day>("energy_kwh_day", "kWh", kwh, not_negative,
                                     "Energy a day of the mean home."),
    field<&LoadProfile::shape>("shape", "Daily shape, a name in [shapes]; empty: flat."),
    number<&LoadProfile::occupants>("occupants", "", 1, positive, "People in a home."),
    field<&LoadProfile::noise>("noise", "Deviation from the shape, a first-order process."),
    number<&LoadProfile::floor>("floor_w", "W", 1, not_negative, "Least demand."),
    number<&LoadProfile::power_factor>("power_factor", "", 1, {0, 1, true}, "Lagging."),
};
constexpr std::array fleet_fields{
    required(field<&Fleet::name>("name", "Name of the fleet; a unit is name/number.")),
    required(word<&Fleet::device>("device", device_words, "Class of the units.")),
    number<&Fleet::count>("count", "", 1, between(0, 10'000'000),
                          "Units; with `behind` it replaces the share."),
    field<&Fleet::at>("at", "Where the sites stand, if the fleet makes its own."),
    field<&Fleet::behind>("behind",
                          "The fleet at whose sites and meters the units stand, "
                          "with the share of its sites."),
    only("load", field<&Fleet::profile>("profile", "The demand of a site.")),
    only("pv", number<&Fleet::rated>("rated_kw", "kW", kilo, positive, "Rated AC power.")),
    only("pv", number<&Fleet::azimuth_deg>("azimuth_deg", "deg", 1, between(-360, 720),
                                           "Direction, clockwise from north.")),
    only("pv", number<&Fleet::tilt_deg>("tilt_deg", "deg", 1, between(0, 90),
                                        "Tilt from the horizontal.")),
    only("pv", number<&Fleet::dc_ac_ratio>("dc_ac_ratio", "", 1, between(0.1, 5),
                                           "Module power over rated AC power.")),
    only("pv", number<&Fleet::albedo>("albedo", "", 1, share, "Reflectance of the ground.")),
    only("pv",
         number<&Fleet::losses>("losses", "", 1, share, "System losses before the inverter.")),
    only("pv", word<&Fleet::inverter>("inverter", inverter_words, "Reactive power function.")),
    only("battery",
         number<&Fleet::energy>("energy_kwh", "kWh", kwh, positive, "Nominal capacity.")),
    only("battery",
         number<&Fleet::power>("power_kw", "kW", kilo, positive, "Power limit, each way.")),
    only("battery", number<&Fleet::efficiency>("efficiency", "", 1, {0, 1, true}, "Each way.")),
    only("battery", number<&Fleet::soc_min>("soc_min", "", 1, share, "Least state of charge.")),
    only("battery", number<&Fleet::soc_max>("soc_max", "", 1, share, "Largest state of charge.")),
    only("battery",
         number<&Fleet::soc>("soc", "", 1, share, "State of charge at the start of the warm-up.")),
};
constexpr std::array outage_fields{
    field<&Outage::name>("name", "Name of the outage."),
    required(field<&Outage::begin>("begin", "First instant without messages, wall time.")),
    required(field<&Outage::end>("end", "First instant with messages again, wall time.")),
    required(field<&Outage::sites>("sites", "Number of sites, or a list of units.")),
};
constexpr std::array delivery_fields{
    field<&Delivery::name>("name", "Name of the delivery."),
    word<&Delivery::channel>("channel", channel_words, "Which messages arrive."),
    required(field<&Delivery::begin>("begin", "From here on what is sent arrives, wall time.")),
    required(field<&Delivery::end>("end", "Up to here what is sent arrives, wall time.")),
    required(field<&Delivery::sites>("sites", "Number of sites, or a list of units.")),
};
constexpr std::array comms_fields{
    field<&Comms::preset>("preset", "File of figures in comms/; keys given here come first."),
    field<&Comms::perfect>("perfect", "No latency, loss, polling or outage."),
    number<&Comms::telemetry>("telemetry", "", 1, positive, "Time between two reports of a site."),
    number<&Comms::loss>("loss", "", 1, {0, 0.999999, false},
                         "Mean share of messages lost; rescales p_gb."),
    number<&Comms::latency_median>("latency_median_ms", "ms", milli, not_negative,
                                   "Median of the log-normal latency."),
    number<&Comms::latency_p95>("latency_p95_ms", "ms", milli, not_negative,
                                "95 % quantile of the latency."),
    number<&Comms::poll_min>("poll_min_s", "s", 1, not_negative, "Shortest polling period."),
    number<&Comms::poll_max>("poll_max_s", "s", 1, not_negative, "Longest polling period."),
    number<&Comms::p_gb>("p_gb", "", 1, share, "Good to bad, per message (Gilbert-Elliott)."),
    number<&Comms::p_bg>("p_bg", "", 1, {0, 1, true}, "Bad to good, per message."),
    number<&Comms::loss_good>("loss_good", "", 1, share, "Loss in the good state."),
    number<&Comms::loss_bad>("loss_bad", "", 1, share, "Loss in the bad state."),
    number<&Comms::fallback_after>("fallback_after", "", 1, positive,
                                   "Silence after which a device takes its default control."),
    field<&Comms::outage>("outage", "Times at which sites are cut off."),
    field<&Comms::delivery>("delivery", "Messages that arrive whatever the link does."),
};
constexpr std::array programme_fields{
    required(field<&Programme::name>("name", "Name of the programme.")),
    field<&Programme::fleet>("fleet", "Fleet whose sites enrol; empty: every battery fleet."),
    number<&Programme::minimum>("minimum_kw", "kW", kilo, not_negative,
                                "Least power that the programme accepts."),
    field<&Programme::product>("product", "What the programme sells."),
    number<&Programme::consent>("consent", "", 1, share, "Share of the owners who consent."),
};
constexpr std::array forecast_fields{
    word<&Forecast::pv>("pv", pv_forecast_words, "Forecaster of PV power."),
    word<&Forecast::load>("load", load_forecast_words, "Forecaster of demand."),
    field<&Forecast::first_issue>("first_issue", "First issue."),
    number<&Forecast::every>("every", "", 1, positive, "Time between two issues."),
    number<&Forecast::horizon>("horizon", "", 1, positive, "How far an issue reaches."),
    number<&Forecast::quantiles>("quantiles", "", 1, share, "Probabilities of the quantiles."),
};
constexpr std::array dispatch_fields{
    field<&Dispatch::enabled>("enabled", "False: no virtual power plant."),
    field<&Dispatch::strategy>("strategy", "A built-in strategy, or \"package.module:Class\"."),
    number<&Dispatch::every>("every", "", 1, positive, "Time between two decisions."),
    number<&Dispatch::expiry>("expiry", "", 1, positive, "Life of a command."),
    number<&Dispatch::ramp>("ramp", "", 1, not_negative,
                            "Time of the ramp to the default control after expiry."),
    number<&Dispatch::limit>("limit_kw", "kW", kilo, any, "Limit of power into the feeder."),
    field<&Dispatch::parameters>("parameters", "Handed to the strategy as they are."),
};
constexpr std::array market_table{
    field<&Market::region>("region", "Name of the rules in markets/."),
    field<&Market::file>("file", "Or a file of rules, relative to the scenario."),
};
constexpr std::array settlement_fields{
    field<&Settlement::preliminary>("preliminary", "Preliminary run."),
    field<&Settlement::final_run>("final", "Final run."),
    number<&Settlement::interval>("interval", "", 1, positive, "Metering interval."),
    field<&Settlement::strict>("strict", "Refuse figures that are not verified."),
};
constexpr std::array attack_fields{
    required(word<&Attack::kind>("kind", attack_words, "What is done to a batch of reads.")),
    required(field<&Attack::site>("site", "A unit at the site: \"batteries/3\".")),
    required(field<&Attack::at>("at", "When the batch arrives, wall time.")),
};
constexpr std::array meter_delay_fields{
    required(field<&MeterDelay::site>("site", "A unit at the site: \"batteries/3\".")),
    required(field<&MeterDelay::hour>("hour", "Start of the hour whose batch is late.")),
    required(field<&MeterDelay::arrives>("arrives", "When it arrives, wall time.")),
};
constexpr std::array switching_fields{
    required(field<&Switching::at>("at", "When it acts, wall time; in the step that holds it.")),
    required(field<&Switching::element>("element",
                                        "An element of the feeder as class.name: \"line.sw3\".")),
    required(word<&Switching::action>("action", switching_words, "What is done to it.")),
    number<&Switching::terminal>("terminal", "", 1, between(0, 99),
                                 "Terminal, from 1; 0: the first to open, all to close."),
};
constexpr std::array record_fields{
    number<&Recording::every>("every", "", 1, positive, "Time between two records."),
    field<&Recording::variables>("variables", "What is recorded, as \"group.name\"."),
    field<&Recording::hashes>("hashes", "A hash of each room's State after each step, for diff."),
    field<&Recording::segment>("segment",
                               "A new results file after each \"1 day\", or \"2 GB\"; \"\": one."),
};
constexpr std::array scenario_table{
    required(number<&Scenario::format>("format", "", 1, between(1, 1), "Version of the format.")),
    field<&Scenario::seed>("seed", "Seed of every random number."),
    number<&Scenario::worlds>("worlds", "", 1, between(1, 1'000'000), "Worlds of the ensemble."),
    field<&Scenario::shapes>("shapes", "Daily shapes by name, from midnight on."),
    field<&Scenario::time>("time", "The clock of the run."),
    field<&Scenario::feeder>("feeder", "The circuit."),
    field<&Scenario::weather>("weather", "Weather and clouds."),
    field<&Scenario::fleet>("fleet", "Fleets of devices."),
    field<&Scenario::comms>("comms", "Messages between sites and the aggregator."),
    field<&Scenario::programme>("programme", "Programmes that sites enrol in."),
    field<&Scenario::forecast>("forecast", "Forecasts of the aggregator."),
    field<&Scenario::dispatch>("dispatch", "What the aggregator does; false: nothing."),
    field<&Scenario::market>("market", "The market and its rules."),
    field<&Scenario::settlement>("settlement", "Settlement runs."),
    field<&Scenario::attack>("attack", "Attacks on the meter reads."),
    field<&Scenario::meter_delay>("meter_delay", "Batches of reads that arrive late."),
    field<&Scenario::switching>("switching",
                                "Elements of the feeder that open and close, in every lane."),
    field<&Scenario::record>("record", "What goes into the results."),
    field<&Scenario::variants>("variants", "The same world with overrides, side by side."),
};

bool dispatch_shorthand(void* object, const Value& v) {
    Dispatch& d = *static_cast<Dispatch*>(object);
    if (v.is_none() || v.is_boolean())
        d.enabled = v.is_boolean() && v.boolean();
    else if (!v.is_text())
        return false;
    else {
        d.enabled = true;
        d.strategy = v.text();
    }
    return true;
}

}  // namespace

template <>
const Schema& schema_of<TimeFrame>() {
    static constexpr Schema s{"time", time_fields, defaults_of<TimeFrame>};
    return s;
}
template <>
const Schema& schema_of<Background>() {
    static constexpr Schema s{"background", background_fields, defaults_of<Background>};
    return s;
}
template <>
const Schema& schema_of<Feeder>() {
    static constexpr Schema s{"feeder", feeder_fields, defaults_of<Feeder>};
    return s;
}
template <>
const Schema& schema_of<MixturePart>() {
    static constexpr Schema s{"mixture", mixture_fields, defaults_of<MixturePart>};
    return s;
}
template <>
const Schema& schema_of<Clouds>() {
    static constexpr Schema s{"clouds", cloud_fields, defaults_of<Clouds>};
    return s;
}
template <>
const Schema& schema_of<WeatherSource>() {
    static constexpr Schema s{"weather", weather_fields, defaults_of<WeatherSource>};
    return s;
}
template <>
const Schema& schema_of<At>() {
    static constexpr Schema s{"at", at_fields, defaults_of<At>};
    return s;
}
template <>
const Schema& schema_of<Noise>() {
    static constexpr Schema s{"noise", noise_fields, defaults_of<Noise>};
    return s;
}
template <>
const Schema& schema_of<LoadProfile>() {
    static constexpr Schema s{"profile", profile_fields, defaults_of<LoadProfile>};
    return s;
}
template <>
const Schema& schema_of<Fleet>() {
    static constexpr Schema s{"fleet", fleet_fields, defaults_of<Fleet>};
    return s;
}
template <>
const Schema& schema_of<Outage>() {
    static constexpr Schema s{"outage", outage_fields, defaults_of<Outage>};
    return s;
}
template <>
const Schema& schema_of<Delivery>() {
    static constexpr Schema s{"delivery", delivery_fields, defaults_of<Delivery>};
    return s;
}
template <>
const Schema& schema_of<Comms>() {
    static constexpr Schema s{"comms", comms_fields, defaults_of<Comms>};
    return s;
}
template <>
const Schema& schema_of<Programme>() {
    static constexpr Schema s{"programme", programme_fields, defaults_of<Programme>};
    return s;
}
template <>
const Schema& schema_of<Forecast>() {
    static constexpr Schema s{"forecast", forecast_fields, defaults_of<Forecast>};
    return s;
}
template <>
const Schema& schema_of<Dispatch>() {
    static constexpr Schema s{"dispatch", dispatch_fields, defaults_of<Dispatch>,
                              dispatch_shorthand, "must be a table, a strategy's name, or false"};
    return s;
}
template <>
const Schema& schema_of<Market>() {
    static constexpr Schema s{"market", market_table, defaults_of<Market>};
    return s;
}
template <>
const Schema& schema_of<Settlement>() {
    static constexpr Schema s{"settlement", settlement_fields, defaults_of<Settlement>};
    return s;
}
template <>
const Schema& schema_of<Attack>() {
    static constexpr Schema s{"attack", attack_fields, defaults_of<Attack>};
    return s;
}
template <>
const Schema& schema_of<MeterDelay>() {
    static constexpr Schema s{"meter_delay", meter_delay_fields, defaults_of<MeterDelay>};
    return s;
}
template <>
const Schema& schema_of<Switching>() {
    static constexpr Schema s{"switching", switching_fields, defaults_of<Switching>};
    return s;
}
template <>
const Schema& schema_of<Recording>() {
    static constexpr Schema s{"record", record_fields, defaults_of<Recording>};
    return s;
}

const Schema& scenario_fields() {
    static constexpr Schema s{"scenario", scenario_table, defaults_of<Scenario>};
    return s;
}

}  // namespace gridflock::inline v0::scenario
