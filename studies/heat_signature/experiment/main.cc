#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "studies/heat_signature/experiment/experiment.h"
#include "studies/heat_signature/experiment/options.h"

namespace studyhall::heat_signature {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void show_progress(const ExperimentResult& so_far, int samples) {
  const int every = std::max(1, samples / 10);
  if (so_far.samples % every != 0 && so_far.samples != samples) return;
  fmt::print("sample {}/{}: score {:.4f}, runtime {:.1f} min\n", so_far.samples, samples,
             so_far.score, so_far.runtime_min);
  std::fflush(stdout);
}

void write_result(const ExperimentResult& result, const std::string& path) {
  std::ofstream file(path);
  file << to_json(result).dump(2) << '\n';
  file.close();
  if (!file) throw Error(ErrorCode::Unavailable, fmt::format("--out {}: cannot write it", path));
}

void run(const Options& options) {
  const ExperimentResult result =
      run_experiment(options.settings, options.seed, options.samples,
                     [&](const auto& so_far) { show_progress(so_far, options.samples); });
  write_result(result, options.out);
  fmt::print(
      "RMSE: {:.4f} with one source, {:.4f} with two; {:.2f} candidates count; {:.0f} % fell "
      "back\n",
      result.rmse_1src, result.rmse_2src, result.candidates, 100 * result.fallbacks);
  fmt::print("Runtime: {:.2f} min ({} steps)\n", result.runtime_min, result.steps);
  fmt::print("Submission Score: {:.6f}\n", result.score);
}

int main_status(const std::vector<std::string>& args) {
  Options options;
  try {
    options = parse_options(args, variable);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kWrongUse;
  }
  if (options.help) {
    fmt::print("{}", help_text());
    return 0;
  }
  run(options);
  return 0;
}

}  // namespace
}  // namespace studyhall::heat_signature

int main(int argc, char** argv) {
  try {
    return studyhall::heat_signature::main_status({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "heat_signature: {}\n", error.what());
    return studyhall::heat_signature::kFailed;
  }
}
