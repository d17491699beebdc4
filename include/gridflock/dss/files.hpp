// SPDX-License-Identifier: Apache-2.0
// Where a script finds the files it names: on the disk, or in memory.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gridflock::inline v0::dss {

/// What an interpreter asks of the place its files lie in. Names come as the script writes them.
class Files {
public:
    Files() = default;
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    virtual ~Files() = default;
    /// The file that `name` means in a script of `folder`: with its own case or another, with / or
    /// \; "" when there is none or it is no ordinary file.
    virtual std::filesystem::path find(const std::filesystem::path& folder,
                                       const std::string& name) const = 0;
    /// One name for one file, however it was reached.
    virtual std::string identity(const std::filesystem::path& file) const = 0;
    /// All of its bytes. Errors  IoError.
    virtual std::string read(const std::filesystem::path& file) const = 0;
    virtual std::vector<std::filesystem::path> list(const std::filesystem::path& folder) const = 0;
};

/// The disk. Only ordinary files of at most 1 GiB.
class DiskFiles : public Files {
public:
    std::filesystem::path find(const std::filesystem::path& folder,
                               const std::string& name) const override;
    std::string identity(const std::filesystem::path& file) const override;
    std::string read(const std::filesystem::path& file) const override;
    std::vector<std::filesystem::path> list(const std::filesystem::path& folder) const override;
};

/// Texts by path, e.g. {"main.dss", ...}, {"parts/loads.dss", ...}: a script cannot reach the disk.
class MemoryFiles : public Files {
public:
    explicit MemoryFiles(std::map<std::string, std::string> texts);
    std::filesystem::path find(const std::filesystem::path& folder,
                               const std::string& name) const override;
    std::string identity(const std::filesystem::path& file) const override;
    std::string read(const std::filesystem::path& file) const override;
    std::vector<std::filesystem::path> list(const std::filesystem::path& folder) const override;

private:
    std::map<std::string, std::string> texts_;  // lower case, / between folders
};

}  // namespace gridflock::inline v0::dss
