// What of its machine a run may use ("cpus", "memory_gb", "gpus", "nice" of an experiment or of one
// worker in a study file).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_field.h"

namespace studyhall {

struct ResourceSpec {
  std::vector<int> cpus{};            // ascending; empty: those that the worker itself has
  std::optional<double> memory_gb{};  // 2^30 bytes, of the whole process tree
  std::optional<std::vector<std::string>> gpus{};  // what CUDA_VISIBLE_DEVICES lists; empty: none
  std::optional<int> nice{};                       // 0 to 19
};

ResourceSpec read_resources(ObjectReader& object);

// `own` where it says something, else `common`.
ResourceSpec combined(const ResourceSpec& common, const ResourceSpec& own);

// "0-3,7" <-> {0, 1, 2, 3, 7}; nullopt for what is not such a list.
std::optional<std::vector<int>> parse_cpu_list(std::string_view text);
std::string cpu_list_text(std::span<const int> cpus);

}  // namespace studyhall
