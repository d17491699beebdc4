// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/ensemble_parts.hpp>

#include <gridflock/asset/crypto.hpp>
#include <gridflock/io/results_reader.hpp>

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

/// What a part must say to be the one that this block would write.
std::string part_digest(const sim::Plan& block) {
    return asset::hex(block.digest) + " " + sha256_hex(block.base.text);
}

bool is_finished(const std::string& path, const sim::Plan& block) {
    if (!std::filesystem::exists(path)) return false;
    try {
        const ResultsReader part(path);
        const std::string status = part.status();
        return (status == "complete" || status == "failed") &&
               part.text_attribute("part_digest") == part_digest(block) &&
               part.text_attribute("lanes") == lanes_text(block.lanes);
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
    Parts parts;
    std::vector<Lane> left;
    for (const std::vector<Lane>& block :
         ensemble.blocks(std::max<std::size_t>(options.run.width, 1))) {
        parts.paths.push_back(part_path(folder, block.front()));
        if (options.is_resumed && is_finished(parts.paths.back(), *sim::block_of(*plan, block)))
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
            file.attributes.emplace_back("part_digest", part_digest(block));
            return std::make_unique<Hdf5Sink>(part_path(folder, block.lanes.front()), file);
        },
        {}, go_on);
    return parts;
}

}  // namespace gridflock::inline v0::io
