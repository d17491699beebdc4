// SPDX-License-Identifier: Apache-2.0
#include "kernel_body.hpp"

namespace gridflock::inline v0::powerflow::kernel {

namespace {

struct Portable {
    using Register = double;
    using Mask = bool;
    static constexpr int size = 1;
    static double load(const double* p) { return *p; }
    static void store(double* p, double v) { *p = v; }
    static double all(double v) { return v; }
    static double root(double v) { return __builtin_sqrt(v); }
    static bool less(double a, double b) { return a < b; }
    static bool not_more(double a, double b) { return a <= b; }
    static bool same(double a, double b) { return a == b; }
    static bool both(bool a, bool b) { return a && b; }
    static bool is_all(bool m) { return m; }
    static bool mask(const std::int64_t* p) { return *p != 0; }
    static double pick(bool m, double a, double b) { return m ? a : b; }
};

}  // namespace

const KernelTable* portable(int lanes) {
    switch (lanes) {
        case 1:
            return &Body<Portable, 1>::table;
        case 8:
            return &Body<Portable, 8>::table;
        case 16:
            return &Body<Portable, 16>::table;
        case 32:
            return &Body<Portable, 32>::table;
        default:
            return nullptr;
    }
}

}  // namespace gridflock::inline v0::powerflow::kernel
