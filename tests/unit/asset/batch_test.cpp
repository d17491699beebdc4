// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/batch_verifier.hpp>
#include <gridflock/core/error.hpp>

#include <test.hpp>

#include <algorithm>
#include <vector>

using namespace gridflock;
using namespace gridflock::asset;

namespace {
constexpr SimTime day{1'721'001'600'000'000'000};  // 2024-07-15T00:00Z
const StableId home = stable_id("homes/1");

/// Hourly batches of one home: 15-min energies that vary, chained and signed.
std::vector<ReadBatch> chain_of(std::size_t n, const SecretKey& key, SignatureScheme scheme) {
    std::vector<ReadBatch> out;
    Energies registers{1000, 2000, 3000, 400, 300};
    Digest prev{};
    for (std::size_t b = 0; b < n; ++b) {
        ReadBatch batch{
            home, day + hours(static_cast<std::int64_t>(b)), static_cast<std::int64_t>(b), prev, {},
            {}};
        for (std::int64_t i = 0; i < 4; ++i) {
            const Energies e{100 + i, 50, 200, 10 * i, 5};
            registers = registers + e;
            batch.reads.push_back({batch.start + i * minutes(15), e, registers, 5000});
        }
        seal(batch, key, scheme);
        prev = content_hash(batch);
        out.push_back(batch);
    }
    return out;
}

struct Desk {
    SignatureScheme scheme = SignatureScheme::real;
    SecretKey key = device_key(7, home);
    BatchVerifier verifier{{stable_id("homes/0"), home},
                           {device_key(7, stable_id("homes/0")).public_key(), key.public_key()},
                           scheme};
    VerifierState state = verifier.start();
    std::vector<ReadBatch> batches = chain_of(4, key, scheme);

    BatchVerdict take(const ReadBatch& b) { return verifier.receive(state, b, day + days(1)); }
    void reseal(ReadBatch& b) { seal(b, key, scheme); }
};
}  // namespace

TEST_CASE("reads: net and demand follow from the registers of a site") {
    // By hand: import 100, pv 200, discharge 50, export 120, charge 30: demand 200, net 20.
    const Energies e{100, 120, 200, 30, 50};
    CHECK(e.net_wh() == 20);
    CHECK(e.demand_wh() == 200);
}

TEST_CASE("batch: canonical bytes are little endian, of fixed width, and leave the signature out") {
    // By hand: 22 bytes of form, site, start, sequence, prev, count: 64 bytes; 12 words a read.
    ReadBatch b = chain_of(1, device_key(7, home), SignatureScheme::real)[0];
    const auto bytes = canonical_bytes(b);
    CHECK(bytes.size() == 22 + 64 + 4 * 96);
    b.site = {0x0102030405060708};
    CHECK(canonical_bytes(b)[22] == 0x08);
    CHECK(canonical_bytes(b)[29] == 0x01);
    b.site = home;
    b.signature.bytes[0] ^= 1;
    CHECK(canonical_bytes(b) == bytes);
    CHECK(content_hash(b) == sha256(bytes));
}

TEST_CASE("batch: every field of every read is signed") {
    const Desk desk;
    const ReadBatch good = desk.batches[1];
    const auto bytes = canonical_bytes(good);
    std::vector<ReadBatch> bent(9, good);
    bent[0].site = {1};
    bent[1].start = bent[1].start + nanoseconds(1);
    bent[2].sequence = 7;
    bent[3].prev[31] ^= 1;
    bent[4].reads.pop_back();
    bent[5].reads[2].interval.discharge_wh += 1;
    bent[6].reads[3].registers.import_wh += 1;
    bent[7].reads[0].soc_e4 = 5050;
    bent[8].reads[1].t_start = day;
    for (const ReadBatch& b : bent) CHECK(canonical_bytes(b) != bytes);
}

TEST_CASE("verifier: batches in order count; the same bytes again are a replay") {
    Desk desk;
    for (const ReadBatch& b : desk.batches) CHECK(desk.take(b) == BatchVerdict::accepted);
    const VerifierState before = desk.state;
    CHECK(desk.take(desk.batches[2]) == BatchVerdict::replayed);
    CHECK(desk.state.sites == before.sites);
    CHECK(desk.state.count(BatchVerdict::accepted) == 4);
    CHECK(desk.state.refused() == 1);
}

TEST_CASE("verifier: authentic batches count in any order, and leave the same chain") {
    Desk straight;
    for (const ReadBatch& b : straight.batches) straight.take(b);
    std::vector<std::size_t> order{0, 1, 2, 3};
    do {
        Desk desk;
        for (const std::size_t i : order)
            REQUIRE(desk.take(desk.batches[i]) == BatchVerdict::accepted);
        REQUIRE(desk.state == straight.state);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("verifier: forged and damaged batches are refused and change nothing but the counts") {
    Desk desk;
    desk.take(desk.batches[0]);
    const auto sites = desk.state.sites;
    ReadBatch forged = desk.batches[1];
    forged.reads[0].interval.export_wh += 500;
    for (MeterRead& r : forged.reads) r.registers.export_wh += 500;
    CHECK(desk.take(forged) == BatchVerdict::bad_signature);  // altered on the way
    seal(forged, device_key(8, home));
    CHECK(desk.take(forged) == BatchVerdict::bad_signature);  // signed by somebody else
    ReadBatch stranger = desk.batches[1];
    stranger.site = stable_id("homes/2");
    CHECK(desk.take(stranger) == BatchVerdict::unknown_site);
    ReadBatch borrowed = desk.batches[1];
    borrowed.site = stable_id("homes/0");
    CHECK(desk.take(borrowed) == BatchVerdict::bad_signature);
    CHECK(desk.state.sites == sites);
    CHECK(desk.take(desk.batches[1]) == BatchVerdict::accepted);
}

TEST_CASE("verifier: a site that signs two contents for one hour is found out") {
    Desk desk;
    desk.take(desk.batches[0]);
    ReadBatch second = desk.batches[0];
    second.reads.pop_back();
    desk.reseal(second);
    CHECK(desk.take(second) == BatchVerdict::conflicting);
}

TEST_CASE("verifier: a broken link is refused, whichever of the two neighbours comes last") {
    for (const bool late_first : {false, true}) {
        Desk desk;
        ReadBatch bent = desk.batches[1];
        bent.prev[0] ^= 1;
        desk.reseal(bent);
        const ReadBatch& first = late_first ? bent : desk.batches[0];
        const ReadBatch& then = late_first ? desk.batches[0] : bent;
        CHECK(desk.take(first) == BatchVerdict::accepted);
        CHECK(desk.take(then) == BatchVerdict::broken_chain);
    }
}

TEST_CASE("verifier: batches whose times overlap do not both count") {
    Desk desk;
    desk.take(desk.batches[0]);
    ReadBatch early = desk.batches[1];
    early.start = early.start - minutes(15);
    for (MeterRead& r : early.reads) r.t_start = r.t_start - minutes(15);
    desk.reseal(early);
    CHECK(desk.take(early) == BatchVerdict::broken_chain);
}

TEST_CASE("verifier: registers may not step between neighbours nor run backwards over a gap") {
    Desk desk;
    desk.take(desk.batches[0]);
    ReadBatch step = desk.batches[1];
    for (MeterRead& r : step.reads) r.registers.export_wh += 1;
    desk.reseal(step);
    CHECK(desk.take(step) == BatchVerdict::register_break);
    ReadBatch back = desk.batches[2];
    for (MeterRead& r : back.reads) r.registers.pv_wh -= 850;  // below the end of hour 0
    desk.reseal(back);
    CHECK(desk.take(back) == BatchVerdict::register_break);
}

TEST_CASE("verifier: what is no batch is malformed") {
    Desk desk;
    std::vector<ReadBatch> bad(11, desk.batches[1]);
    bad[0].reads.clear();
    bad[1].sequence = -1;
    bad[2].site = {};
    bad[3].start = bad[3].start + seconds(1);
    bad[4].reads[2].t_start = bad[4].reads[2].t_start + minutes(15);
    bad[5].reads[0].interval.pv_wh = -1;
    bad[6].reads[3].registers.pv_wh += 1;
    bad[7].reads[0].soc_e4 = 10001;
    bad[8].prev = {};     // only the first of a chain has no predecessor
    bad[9].sequence = 0;  // and it has none
    bad[10].start = SimTime{never_ns - 1};
    bad[10].reads[0].t_start = bad[10].start;
    for (ReadBatch& b : bad) {
        desk.reseal(b);
        CHECK(desk.take(b) == BatchVerdict::malformed);
    }
    CHECK(desk.state.count(BatchVerdict::malformed) == 11);
    CHECK(desk.state.sites == desk.verifier.start().sites);
}

TEST_CASE("verifier: hours of three and five quarter-hours are ordinary") {
    Desk desk;
    ReadBatch longer = desk.batches[0];
    longer.reads.insert(longer.reads.end(), desk.batches[1].reads.begin(),
                        desk.batches[1].reads.begin() + 1);
    desk.reseal(longer);
    CHECK(desk.take(longer) == BatchVerdict::accepted);
}

TEST_CASE("verifier: real and modelled signatures give the same verdicts") {
    const auto verdicts = [](SignatureScheme scheme) {
        Desk desk;
        desk.scheme = scheme;
        desk.verifier = {{home}, {desk.key.public_key()}, scheme};
        desk.state = desk.verifier.start();
        desk.batches = chain_of(3, desk.key, scheme);
        ReadBatch forged = desk.batches[1];
        forged.reads[3].soc_e4 = 1;
        std::vector<BatchVerdict> out;
        for (const ReadBatch& b : {desk.batches[0], forged, desk.batches[1], desk.batches[1]})
            out.push_back(desk.take(b));
        seal(forged, device_key(9, home), scheme);
        out.push_back(desk.take(forged));
        desk.reseal(forged);
        out.push_back(desk.take(forged));
        return out;
    };
    CHECK(verdicts(SignatureScheme::real) == verdicts(SignatureScheme::modelled));
}

TEST_CASE("seal: lanes with equal bytes share a signature, others have their own, all verify") {
    const Desk desk;
    std::vector<ReadBatch> lanes(4, desk.batches[1]);
    lanes[2].reads[0].soc_e4 = 4000;
    for (ReadBatch& b : lanes) b.signature = {};
    seal(lanes, desk.key);
    CHECK(lanes[0] == desk.batches[1]);
    CHECK(lanes[3] == desk.batches[1]);
    CHECK(lanes[2].signature != lanes[0].signature);
    for (const ReadBatch& b : lanes)
        CHECK(verify(desk.key.public_key(), canonical_bytes(b), b.signature));
}

TEST_CASE("verifier: the state hash sees each accepted batch and each refusal") {
    Desk desk;
    const auto hash = [&] {
        StateHash h;
        desk.state.hash(h);
        return h.value();
    };
    const auto empty = hash();
    desk.take(desk.batches[0]);
    const auto one = hash();
    desk.take(desk.batches[0]);
    CHECK(empty != one);
    CHECK(one != hash());
    CHECK_THROWS_AS(BatchVerifier({home}, {}), ShapeError);
}
