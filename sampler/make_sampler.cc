#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/error.h"
#include "sampler/auto_sampler.h"
#include "sampler/cmaes/cmaes_sampler.h"
#include "sampler/gp/gp_sampler.h"
#include "sampler/grid.h"
#include "sampler/options.h"
#include "sampler/qmc.h"
#include "sampler/random.h"
#include "sampler/sampler.h"
#include "sampler/tpe/tpe_sampler.h"

namespace studyhall::sampler {
namespace {

const std::array<std::string, 7> kNames = {"tpe", "cmaes", "random", "auto", "gp", "qmc", "grid"};

std::unique_ptr<Sampler> make_tpe(const Json& given) {
  OptionReader reader("tpe", given);
  tpe::Options options;
  const std::string mode = reader.name("mode", "default", {"default", "optuna5"});
  options.mode = mode == "optuna5" ? tpe::Mode::Optuna5 : tpe::Mode::Default;
  if (given.contains("multivariate")) options.multivariate = reader.boolean("multivariate", true);
  if (options.mode == tpe::Mode::Optuna5) options.group = reader.boolean("group", options.group);
  options.startup = static_cast<std::size_t>(
      reader.integer("startup", static_cast<std::int64_t>(options.startup), 0, 1'000'000));
  options.candidates = static_cast<std::size_t>(
      reader.integer("candidates", static_cast<std::int64_t>(options.candidates), 1, 10'000));
  reader.finish();
  return std::make_unique<tpe::TpeSampler>(options);
}

std::unique_ptr<Sampler> make_cmaes(const Json& given) {
  OptionReader reader("cmaes", given);
  cmaes::Options options;
  options.sigma = reader.positive("sigma", options.sigma, 10);
  options.popsize = static_cast<int>(reader.integer("popsize", options.popsize, 4, 100'000));
  const std::string restart = reader.name("restart", "ipop", {"none", "ipop", "bipop"});
  if (restart == "none") options.restart = cmaes::Restart::None;
  if (restart == "bipop") options.restart = cmaes::Restart::Bipop;
  const std::string shape = reader.name("covariance", "auto", {"auto", "full", "diagonal"});
  if (shape == "full") options.shape = cmaes::Shape::Full;
  if (shape == "diagonal") options.shape = cmaes::Shape::Diagonal;
  options.adapt_rates = reader.name("learning_rate", "fixed", {"fixed", "adaptive"}) == "adaptive";
  if (options.adapt_rates && options.shape == cmaes::Shape::Diagonal) {
    throw Error(ErrorCode::Unsupported,
                "sampler cmaes: learning_rate is adaptive with covariance diagonal; expected full");
  }
  reader.finish();
  return std::make_unique<cmaes::CmaEsSampler>(options);
}

std::unique_ptr<Sampler> make_gp(const Json& given) {
  OptionReader reader("gp", given);
  gp::Options options;
  options.startup = static_cast<std::size_t>(
      reader.integer("startup", static_cast<std::int64_t>(options.startup), 1, 1'000'000));
  if (reader.name("incumbent", "posterior", {"posterior", "observed"}) == "observed") {
    options.incumbent = gp::Incumbent::Observed;
  }
  reader.finish();
  return std::make_unique<gp::GpSampler>(options);
}

std::unique_ptr<Sampler> make_auto(const Json& given) {
  OptionReader reader("auto", given);
  AutoOptions options;
  options.gp_results = static_cast<std::size_t>(
      reader.integer("gp_results", static_cast<std::int64_t>(options.gp_results), 0, 1'000'000));
  options.tpe_every = static_cast<std::size_t>(
      reader.integer("tpe_every", static_cast<std::int64_t>(options.tpe_every), 0, 1'000'000));
  reader.finish();
  return std::make_unique<AutoSampler>(options);
}

std::unique_ptr<Sampler> make_grid(const Json& given) {
  OptionReader reader("grid", given);
  GridOptions options;
  options.points = static_cast<std::size_t>(
      reader.integer("points", static_cast<std::int64_t>(options.points), 1, 10'000));
  reader.finish();
  return std::make_unique<GridSampler>(options);
}

}  // namespace

std::unique_ptr<Sampler> make_sampler(const SamplerSpec& spec) {
  if (spec.name == "tpe") return make_tpe(spec.options);
  if (spec.name == "cmaes") return make_cmaes(spec.options);
  if (spec.name == "auto") return make_auto(spec.options);
  if (spec.name == "gp") return make_gp(spec.options);
  if (spec.name == "random") {
    OptionReader("random", spec.options).finish();
    return std::make_unique<RandomSampler>();
  }
  if (spec.name == "qmc") {
    OptionReader("qmc", spec.options).finish();
    return std::make_unique<QmcSampler>();
  }
  if (spec.name == "grid") return make_grid(spec.options);
  const std::optional<std::string> near = nearest_name(spec.name, kNames);
  throw Error(ErrorCode::Invalid,
              fmt::format("sampler {}: expected auto, tpe, cmaes, gp, random, qmc or grid{}",
                          spec.name, near ? "; did you mean " + *near + "?" : ""));
}

}  // namespace studyhall::sampler
