// SPDX-License-Identifier: Apache-2.0
// Reads results files back, for C++ programs and tests. Read only files of your own: the HDF5
// library is not hardened against hostile ones.
#pragma once

#include <gridflock/core/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gridflock::inline v0::io {

/// All of one dataset, decoded: file units, NaN where missing.
struct Array {
    std::vector<std::size_t> shape;
    std::vector<double> values;  ///< row major
};

class ResultsReader {
public:
    /// Errors  IoError: no such file, not HDF5 (a text file, say), not a results file, too new.
    explicit ResultsReader(std::string path);
    ~ResultsReader();

    std::string text_attribute(const std::string& name) const;  ///< of the root; "" when absent
    double number_attribute(const std::string& name, double fallback) const;  ///< of the root
    std::string status() const { return text_attribute("status"); }
    bool has(const std::string& dataset) const;
    /// Errors  IoError when the dataset is absent or damaged.
    std::vector<std::size_t> shape(const std::string& dataset) const;
    Array read(const std::string& dataset) const;
    std::vector<std::int64_t> read_integers(const std::string& dataset) const;
    std::vector<std::string> read_texts(const std::string& dataset) const;
    std::string read_input(const std::string& name) const;  ///< an embedded file

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gridflock::inline v0::io
