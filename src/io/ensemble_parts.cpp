// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/ensemble_parts.hpp>

#include <gridflock/io/results_reader.hpp>
#include <gridflock/io/run_digest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace gridflock::inline v0::io {

namespace {

std::string part_path(const std::string& folder, const Lane& first) {
    return fmt::format("{}/part-{:06}-{:03}.h5", folder, first.world, first.variant);
}

std::string lanes_text(const std::vector<Lane>& lanes) {
    std::string text;
    for (const Lane& l : lanes)
        text += fmt::format("{}[{}, {}]", text.empty() ? "[" : ", ", l.world, l.variant);
    return text + "]";
}

bool is_finished(const std::string& path, const std::vector<Lane>& lanes,
                 const std::string& digest) {
    if (!std::filesystem::exists(path)) return false;
    try {
        const ResultsReader part(path);
        const std::string status = part.status();
        return (status == "complete" || status == "failed") &&
               part.text_attribute("run_digest") == digest &&
               part.text_attribute("lanes") == lanes_text(lanes);
    } catch (const IoError&) {
        return false;  // damaged, or not ours: run again
    }
}

}  // namespace

Parts run_parts(const std::shared_ptr<const sim::Plan>& plan, const std::string& folder,
                const PartOptions& options, const sim::Ensemble::GoOn& go_on) {
    sim::Ensemble ensemble(plan);
    std::vector<Lane> lanes;
    for (const Lane& l : plan->lanes)
        if (l.world >= options.first_world &&
            (options.last_world < 0 || l.world < options.last_world))
            lanes.push_back(l);
    ensemble.choose(lanes);
    const std::string digest = run_digest(*plan, options.file);
    Parts parts;
    std::vector<Lane> left;
    for (const std::vector<Lane>& block :
         ensemble.blocks(std::max<std::size_t>(options.run.width, 1))) {
        parts.paths.push_back(part_path(folder, block.front()));
        if (options.is_resumed && is_finished(parts.paths.back(), block, digest))
            ++parts.skipped;
        else
            left.insert(left.end(), block.begin(), block.end());
    }
    ensemble.choose(std::move(left));
    parts.failures = ensemble.run(
        options.run,
        [&](const sim::Plan& block) {
            Hdf5Options file = options.file;
            file.segment = record::SegmentLimit{};  // merged results have segments, parts none
            file.attributes.emplace_back("lanes", lanes_text(block.lanes));
            file.attributes.emplace_back("run_digest", digest);
            return std::make_unique<Hdf5Sink>(part_path(folder, block.lanes.front()), file);
        },
        {}, go_on);
    return parts;
}

}  // namespace gridflock::inline v0::io
