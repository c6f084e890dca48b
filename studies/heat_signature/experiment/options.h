// What the program is asked to do: arguments, else the configuration file, else the environment,
// else the defaults.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "studies/heat_signature/experiment/estimator.h"
#include "studies/heat_signature/experiment/experiment.h"

namespace studyhall::heat_signature {

struct Options {
  Settings settings;
  std::uint64_t seed = 0;
  int samples = kSamples;
  std::string out = "result.json";
  bool help = false;
};

// nullopt: not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Reads `args` (without the program's name), the file that --config names, STUDY_SEED and
// STUDY_PARAM_<NAME>. The file is {"name": value, ...}, or {"params": {...}, "seed": n} with
// whatever else. Throws Error(Invalid) with every problem, Error(Malformed) for a file that is no
// JSON, Error(NotFound) for one that cannot be read.
Options parse_options(const std::vector<std::string>& args, const Environment& environment);

std::string_view help_text();

}  // namespace studyhall::heat_signature
