// SPDX-License-Identifier: Apache-2.0
#include "kernel_body.hpp"

namespace gridflock::inline v0::comms::kernel {

namespace {
struct Here;
}

const Table& portable() {
    return Body<Single<Here>, Single<Here>>::table;
}

}  // namespace gridflock::inline v0::comms::kernel
