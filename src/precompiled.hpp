// SPDX-License-Identifier: Apache-2.0
// Compiled once for all rooms (GRIDFLOCK_PRECOMPILE): what most sources read of the standard
// library and fmt. A source still includes what it uses; the presets dev and tidy build without
// this.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
