// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/io/results_reader.hpp>

#include "small_record.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace gridflock;
using namespace gridflock::record;
using namespace gridflock::small_record;

TEST_CASE("hdf5: what was recorded is read back, each lane at its world and variant") {
    const TemporaryFile file("roundtrip.h5");
    constexpr std::size_t steps = 130;  // two blocks and a part
    io::Hdf5Sink sink(file.path, each_block());
    sink.begin(layout_of_two());
    for (std::size_t i = 0; i < steps; ++i) write_step(sink, i);
    sink.append("postings", {minutes(15).ns, std::int64_t{-1234567}, 0.25, std::string("share"),
                             std::int64_t{1}});
    sink.end(RunStatus::complete, "");

    const io::ResultsReader reader(file.path);
    CHECK(reader.status() == "complete");
    CHECK(reader.text_attribute("seed") == "18446744073709551615");
    CHECK(reader.text_attribute("scenario") == "format = 1\n");
    // SOURCE  printf 'format = 1\n' | sha256sum
    CHECK(reader.text_attribute("scenario_sha256") ==
          "a1af1bccf46862c1ce45d1064094b00a0808329540e06a44bcedd8c921849f1e");
    CHECK(reader.read_input("feeder.dss") == "clear\n");

    const io::Array v = reader.read("node/v_pu");
    REQUIRE(v.shape == std::vector<std::size_t>{steps, 1, 2, kNodes});
    for (const std::size_t i : {0UL, 9UL, 59UL, 60UL, 129UL})
        for (const std::size_t n : {0UL, 255UL, 256UL, 299UL}) {
            CHECK(v.values[(i * 2 + 1) * kNodes + n] == Approx(voltage(i, n, 0)).margin(6e-7));
            const double other = v.values[(i * 2 + 0) * kNodes + n];
            if (i < 10)
                CHECK(other == Approx(voltage(i, n, 1)).margin(6e-7));
            else
                CHECK(std::isnan(other));  // the lane failed
        }
    const io::Array p = reader.read("head/p_kw");
    CHECK(p.values[2 * 129 + 1] == Approx(1129.0));
    CHECK(p.values[0] == Approx(-500.0));
    CHECK(reader.read_integers("node/time").back() == minutes(129).ns);
    CHECK(reader.read_texts("head/variant") == std::vector<std::string>{"no_vpp", "demo"});
    CHECK(reader.read("node/x").values[299] == 299.0);
    CHECK(reader.read_integers("postings/amount") == std::vector<std::int64_t>{-1234567});
    CHECK(reader.read_texts("postings/kind") == std::vector<std::string>{"share"});
}

TEST_CASE("hdf5: values beyond the integers saturate and do not become other numbers") {
    const TemporaryFile file("saturate.h5");
    io::Hdf5Sink sink(file.path);
    sink.begin(layout_of_two());
    const std::array<double, kLanes> p{1e300, -std::numeric_limits<double>::infinity()};
    const std::array<ColumnView<const double>, 1> head{
        ColumnView<const double>(p.data(), 1, kLanes)};
    sink.write({"head", SimTime{}, head});
    sink.end(RunStatus::complete, "");
    const io::Array a = io::ResultsReader(file.path).read("head/p_kw");
    CHECK(a.values[1] == Approx(2147483.647));
    CHECK(a.values[0] == Approx(-2147483.647));
}

TEST_CASE("hdf5: a run that is killed keeps every flushed block") {
    for (int trial = 0; trial < 10; ++trial) {
        const TemporaryFile file("killed.h5");
        const pid_t child = ::fork();
        if (child == 0) {
            io::Hdf5Sink sink(file.path, each_block());
            sink.begin(layout_of_two());
            for (std::size_t i = 0; i < 200; ++i) {
                if (i == 60 + 13 * static_cast<std::size_t>(trial)) {
                    sink.flush();  // what is not flushed may be lost
                    ::raise(SIGKILL);
                }
                write_step(sink, i);
            }
            ::raise(SIGKILL);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        REQUIRE(WIFSIGNALED(status));
        const io::ResultsReader reader(file.path);
        CHECK(reader.status() == "running");
        const std::size_t blocks = (60 + 13 * static_cast<std::size_t>(trial)) / 60;
        const io::Array v = reader.read("node/v_pu");
        REQUIRE(v.shape[0] == 60 * blocks);
        CHECK(reader.read_integers("node/time").size() == v.shape[0]);
        CHECK(v.values[((60 * blocks - 1) * 2 + 1) * kNodes + 7] ==
              Approx(voltage(60 * blocks - 1, 7, 0)).margin(6e-7));
    }
}

TEST_CASE("hdf5: a full disk is one IoError with the path, and the file keeps its last flush") {
    const TemporaryFile file("full.h5");
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit limit{900'000, 900'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        int errors = 0;
        io::Hdf5Sink sink(file.path, each_block());
        sink.begin(layout_of_two());
        for (std::size_t i = 0; i < 6000; ++i) {
            try {
                write_step(sink, i);
            } catch (const IoError& e) {
                if (e.path() == file.path) ++errors;
            }
        }
        try {
            sink.end(RunStatus::failed, "disk full");
        } catch (const IoError&) {
            ++errors;
        }
        ::_exit(errors);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
    const io::ResultsReader reader(file.path);
    CHECK(reader.status() == "failed");
    const io::Array v = reader.read("node/v_pu");
    REQUIRE(v.shape[0] >= 60);
    const std::size_t last = v.shape[0] - 1;
    CHECK(v.values[(last * 2 + 1) * kNodes] == Approx(voltage(last, 0, 0)).margin(6e-7));
}

namespace {

/// Runs `work` in a process whose files may not grow beyond `bytes`; what it returned, or 1000 and
/// the signal. Ends as programs do, so that HDF5's own end is seen too.
template <class Work>
int limited(rlim_t bytes, const std::string& out, Work work) {
    std::fflush(nullptr);  // or the child's exit says again what waits here
    const pid_t child = ::fork();
    if (child == 0) {
        const int fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(fd, 1);
        ::dup2(fd, 2);
        const rlimit limit{bytes, bytes};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::signal(SIGXFSZ, SIG_IGN);  // as Python does
        std::exit(work());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("hdf5: no room for the first bytes is told, and leaves no file and no message of HDF5") {
    Layout layout = layout_of_two();
    std::string noise;  // that cannot be packed
    for (std::uint32_t x = 1; noise.size() < 200'000; x = x * 1664525U + 1013904223U)
        noise.push_back(static_cast<char>(x >> 24));
    layout.header.inputs.push_back({"weather.file", noise});
    for (const rlim_t bytes : {1'000U, 20'000U, 70'000U, 150'000U, 270'000U}) {
        CAPTURE(bytes);
        const TemporaryFile file("first.h5"), out("first.out");
        CHECK(limited(bytes, out.path, [&] {
                  io::Hdf5Sink sink(file.path);
                  try {
                      sink.begin(layout);
                  } catch (const IoError& e) {
                      sink.end(RunStatus::failed, e.what());
                      return std::string(e.what()).find("ulimit -f") == std::string::npos ? 4 : 3;
                  }
                  return 0;
              }) == 3);
        CHECK_FALSE(std::filesystem::exists(file.path));
        CHECK(std::filesystem::file_size(out.path) == 0);
    }
}

TEST_CASE("hdf5: a disk that is full before the first flush is due keeps blocks and the reason") {
    const TemporaryFile file("early.h5"), out("early.out");
    CHECK(limited(900'000, out.path, [&] {
              io::Hdf5Options options;
              options.flush_seconds = 1e9;
              io::Hdf5Sink sink(file.path, options);
              sink.begin(layout_of_two());
              std::string reason;
              for (std::size_t i = 0; i < 30'000 && reason.empty(); ++i) try {
                      write_step(sink, i);
                  } catch (const IoError& e) {
                      reason = e.what();
                  }
              sink.end(RunStatus::failed, reason);
              return reason.find("ulimit -f") == std::string::npos ? 4 : 3;
          }) == 3);
    CHECK(std::filesystem::file_size(out.path) == 0);
    const io::ResultsReader reader(file.path);
    CHECK(reader.status() == "failed");
    CHECK(reader.read("node/v_pu").shape[0] >= 60);
    std::ifstream in(file.path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    CHECK(bytes.find("status_reason") != std::string::npos);
    CHECK(bytes.find("the results do not fit; raise the limit") != std::string::npos);
}

TEST_CASE("hdf5: what is no results file is not written over; older results are") {
    const TemporaryFile file("evening.toml");
    for (const std::string text : {"format = 1\nseed = 42\n", "x"}) {
        std::ofstream(file.path) << text;
        io::Hdf5Sink sink(file.path);
        CHECK_THROWS_WITH(sink.begin(layout_of_two()),
                          Catch::Matchers::Contains(file.path) &&
                              Catch::Matchers::Contains("choose another name"));
        sink.end(RunStatus::failed, "refused");
        std::ifstream in(file.path);
        CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == text);
    }
    std::filesystem::remove(file.path);
    for (const RunStatus status : {RunStatus::interrupted, RunStatus::complete}) {
        io::Hdf5Sink sink(file.path);
        sink.begin(layout_of_two());
        sink.end(status, "");
        CHECK(io::ResultsReader(file.path).status() == to_text(status));
    }
    // Older results stay when there is no room for newer ones.
    const TemporaryFile out("older.out");
    CHECK(limited(10'000, out.path, [&] {
              io::Hdf5Sink sink(file.path);
              try {
                  sink.begin(layout_of_two());
              } catch (const IoError&) {
                  return 3;
              }
              return 0;
          }) == 3);
    CHECK(io::ResultsReader(file.path).status() == "complete");
    io::Hdf5Sink device("/dev/full");
    CHECK_THROWS_WITH(device.begin(layout_of_two()), Catch::Matchers::Contains("no regular file"));
}

TEST_CASE("hdf5: a second run into the same file is refused, and the first goes on") {
    const TemporaryFile file("two.h5");
    io::Hdf5Sink first(file.path, each_block());
    first.begin(layout_of_two());
    for (std::size_t i = 0; i < 60; ++i) write_step(first, i);
    io::Hdf5Sink second(file.path);
    CHECK_THROWS_WITH(second.begin(layout_of_two()),
                      Catch::Matchers::Contains("another run is writing it"));
    second.end(RunStatus::failed, "refused");
    // Readers are free to look: this is the lock that HDF5 takes for them.
    const int reader = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
    CHECK(::flock(reader, LOCK_SH | LOCK_NB) == 0);
    ::close(reader);
    for (std::size_t i = 60; i < 90; ++i) write_step(first, i);
    first.end(RunStatus::complete, "");
    CHECK(io::ResultsReader(file.path).status() == "complete");
    CHECK(io::ResultsReader(file.path).read("node/v_pu").shape[0] == 90);
    io::Hdf5Sink third(file.path);  // the first gave the file back
    third.begin(layout_of_two());
    third.end(RunStatus::complete, "");
}

TEST_CASE("hdf5: a path that cannot be written is named with the system's reason") {
    io::Hdf5Sink sink("/nonexistent/day.h5");
    CHECK_THROWS_WITH(sink.begin(layout_of_two()),
                      Catch::Matchers::Contains("/nonexistent/day.h5") &&
                          Catch::Matchers::Contains("No such file"));
    // The run that met the error still ends its sinks.
    write_step(sink, 0);
    sink.append("postings", {});
    sink.end(RunStatus::failed, "no file");
}

TEST_CASE("hdf5: reading text, a missing file or foreign HDF5 says what is wrong") {
    const TemporaryFile file("scenario.toml");
    std::ofstream(file.path) << "format = 1\nseed = 42\n";
    CHECK_THROWS_WITH(io::ResultsReader(file.path), Catch::Matchers::Contains("not an HDF5 file"));
    CHECK_THROWS_WITH(io::ResultsReader(file.path + ".absent"),
                      Catch::Matchers::Contains("No such file"));
    const TemporaryFile foreign("foreign.h5");
    io::ResultsFile(foreign.path).close();
    CHECK_THROWS_WITH(io::ResultsReader(foreign.path),
                      Catch::Matchers::Contains("no gridflock results file"));
}
