#include "sampler/gp/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sampler/gp/bounded_minimiser.h"
#include "sampler/gp/pool.h"
#include "sampler/moves.h"
#include "sampler/qmc.h"
#include "sampler/unit_cube.h"

namespace studyhall::sampler::gp {
namespace {

constexpr Eigen::Index kGlobal = 512;
constexpr std::size_t kMostSobolDimensions = 1000;  // more of them are drawn independently
constexpr std::uint64_t kPointsSeed = 0x67705f736f626f6c;
constexpr std::size_t kAroundCenters = 160;
constexpr std::array kCenterSteps = {0.2, 0.05};
constexpr std::array kSteps = {0.08, 0.03, 0.01, 0.003};
constexpr std::size_t kParents = 6;
constexpr int kChildren = 12;
constexpr double kRedraw = 0.3;
constexpr std::size_t kPolished = 3;
constexpr int kPolishRounds = 3;
constexpr double kLeastGain = 1e-6;
constexpr std::size_t kFewValues = 16;
constexpr std::size_t kMostChoices = 64;

bool is_counted(const Parameter& parameter, const Domain& domain) {
  return domain.free && (parameter.is_discrete() || domain.low == domain.high);
}
bool is_continuous(const Parameter& parameter, const Domain& domain) {
  return domain.free && !parameter.is_discrete() && domain.low < domain.high;
}

// A change of about a third of the parameters, by normal steps of `sd` of the axis; a discrete
// number that stays moves to its neighbour half the time.
Config changed(const Task& task, Config full, double sd, Rng& rng) {
  const std::size_t d = full.size();
  const double share = std::max(0.35, 2.0 / static_cast<double>(d));
  for (std::size_t p = 0; p < d; ++p) {
    const Parameter& parameter = task.space.params()[p];
    const Domain& domain = task.slice.domains[p];
    if (!domain.free || rng.uniform() >= share) continue;
    if (!parameter.is_numeric() && !parameter.ordered) {
      if (rng.uniform() < kRedraw) full[p] = value_at(parameter, domain, rng.uniform());
      continue;
    }
    const double delta = sd * rng.normal();
    const double to = moved(parameter, domain, full[p], delta);
    const bool stays = to == full[p] && parameter.is_discrete();
    if (stays && rng.uniform() < 0.5) {
      full[p] = neighbour(parameter, domain, full[p], delta > 0 ? 1 : -1);
    } else {
      full[p] = to;
    }
  }
  return full;
}

// `full` with each other value of each discrete parameter that is active in `config`, one parameter
// at a time; of a parameter with many values those at hand and some far ones.
std::vector<Config> alternatives(const Task& task, const Config& full, const Config& config,
                                 Rng& rng) {
  std::vector<Config> out;
  for (std::size_t p = 0; p < full.size(); ++p) {
    const Parameter& parameter = task.space.params()[p];
    const Domain& domain = task.slice.domains[p];
    if (!is_counted(parameter, domain) || std::isnan(config[p])) continue;
    const auto add = [&](double value) {
      if (value == full[p]) return;
      out.push_back(full);
      out.back()[p] = value;
    };
    const std::size_t count = values_in(parameter, domain);
    const bool has_order = parameter.is_numeric() || parameter.ordered;
    if (count <= (has_order ? kFewValues : kMostChoices)) {
      for (std::size_t k = 0; k < count; ++k) {
        const double unit = (static_cast<double>(k) + 0.5) / static_cast<double>(count);
        add(value_at(parameter, domain, unit));
      }
      continue;
    }
    if (!has_order) {
      for (std::size_t k = 0; k < kMostChoices; ++k) {
        add(value_at(parameter, domain, rng.uniform()));
      }
      continue;
    }
    for (const int step : {-2, -1, 1, 2}) add(neighbour(parameter, domain, full[p], step));
    for (const double delta : {-0.1, -0.03, 0.03, 0.1}) {
      add(moved(parameter, domain, full[p], delta));
    }
  }
  return out;
}

// The active continuous parameters that may move, with their columns and bounds.
struct Moving {
  std::vector<std::size_t> parameters;
  std::vector<Eigen::Index> columns;
  Box box;
};

Moving moving_from(const Task& task, const Encoding& encoding, const Config& config) {
  Moving out;
  Config lowest = config;
  Config highest = config;
  for (std::size_t p = 0; p < config.size(); ++p) {
    const Domain& domain = task.slice.domains[p];
    if (!is_continuous(task.space.params()[p], domain) || std::isnan(config[p])) continue;
    out.parameters.push_back(p);
    out.columns.push_back(*encoding.column_of(p));
    lowest[p] = domain.low;
    highest[p] = domain.high;
  }
  out.box = {encoding.encode(lowest)(out.columns), encoding.encode(highest)(out.columns)};
  return out;
}

// The continuous parameters moved to a local maximum; nullopt where there is none to move.
std::optional<Config> polished(const Task& task, const Encoding& encoding,
                               const Acquisition& acquisition, const Candidate& from) {
  const Moving moving = moving_from(task, encoding, from.config);
  if (moving.parameters.empty()) return std::nullopt;
  Eigen::RowVectorXd x = from.x;
  Eigen::VectorXd by_column;
  const SmoothFunction loss = [&](const Eigen::VectorXd& unit, Eigen::VectorXd& gradient) {
    x(moving.columns) = unit;
    const double value = acquisition.value(x, by_column);
    gradient = -by_column(moving.columns);
    return -value;
  };
  const Eigen::VectorXd start = from.x(moving.columns);
  const Minimum found =
      minimise(loss, start, moving.box, {.evaluations = 30, .gradient = 1e-3, .decrease = 1e-4});
  Config full = from.full;
  for (std::size_t i = 0; i < moving.parameters.size(); ++i) {
    const std::size_t p = moving.parameters[i];
    const Parameter& parameter = task.space.params()[p];
    full[p] = moved(parameter, task.slice.domains[p], parameter.low,
                    found.x[static_cast<Eigen::Index>(i)]);
  }
  return full;
}

// Steps to the best of alternatives and polished, as long as that is better; all that was looked at
// goes into `pool`.
void climb(const Task& task, const Encoding& encoding, const Acquisition& acquisition, Candidate at,
           Pool& pool, Rng& rng) {
  for (int round = 0; round < kPolishRounds; ++round) {
    Pool near(task, encoding, acquisition);
    std::vector<Config> next = alternatives(task, at.full, at.config, rng);
    if (auto smooth = polished(task, encoding, acquisition, at)) next.push_back(std::move(*smooth));
    near.add(std::move(next));
    std::vector<Candidate> step = near.best(1);
    pool.take(std::move(near));
    if (step.empty() || step.front().value <= at.value + kLeastGain) return;
    at = std::move(step.front());
  }
}

}  // namespace

const Eigen::MatrixXd& Search::unit_points(std::size_t dimensions) {
  const auto columns = static_cast<Eigen::Index>(dimensions);
  if (points_.rows() == kGlobal && points_.cols() == columns) return points_;
  points_.resize(kGlobal, columns);
  if (dimensions <= kMostSobolDimensions) {
    SobolPoints sobol(dimensions);
    for (Eigen::Index i = 0; i < kGlobal; ++i) {
      const std::vector<double> point = sobol.point(static_cast<std::uint64_t>(i), kPointsSeed, 0);
      for (Eigen::Index c = 0; c < columns; ++c) points_(i, c) = point[static_cast<std::size_t>(c)];
    }
  } else {
    Rng rng = Rng::for_trial(kPointsSeed, 0);
    for (Eigen::Index i = 0; i < points_.size(); ++i) points_.data()[i] = rng.uniform();
  }
  return points_;
}

std::vector<Config> Search::spread(const Task& task, Rng& rng) {
  const std::size_t d = task.space.size();
  const Eigen::MatrixXd& units = unit_points(d);
  std::vector<double> shift(d);
  for (double& s : shift) s = rng.uniform();
  std::vector<Config> drawn;
  for (Eigen::Index i = 0; i < kGlobal; ++i) {
    Config full(d);
    for (std::size_t p = 0; p < d; ++p) {
      const Domain& domain = task.slice.domains[p];
      const double turned = units(i, static_cast<Eigen::Index>(p)) + shift[p];
      const double unit = turned - std::floor(turned);
      full[p] = domain.free ? value_at(task.space.params()[p], domain, unit) : domain.held;
    }
    drawn.push_back(std::move(full));
  }
  return drawn;
}

std::optional<Config> Search::maximise(const Task& task, const Encoding& encoding,
                                       const Acquisition& acquisition,
                                       const std::vector<Config>& centers, Rng& rng) {
  Pool pool(task, encoding, acquisition);
  std::vector<Config> drawn = spread(task, rng);
  for (std::size_t i = 0; i < kAroundCenters && !centers.empty(); ++i) {
    Config center = filled(task.space, task.slice, centers[i % centers.size()]);
    const double sd = kCenterSteps[i / centers.size() % kCenterSteps.size()];
    drawn.push_back(changed(task, std::move(center), sd, rng));
  }
  pool.add(std::move(drawn));

  for (const double sd : kSteps) {
    std::vector<Config> children;
    for (const Candidate& parent : pool.best(kParents)) {
      for (int i = 0; i < kChildren; ++i) children.push_back(changed(task, parent.full, sd, rng));
    }
    pool.add(std::move(children));
  }
  for (Candidate& from : pool.best(kPolished)) {
    climb(task, encoding, acquisition, std::move(from), pool, rng);
  }
  std::vector<Candidate> winner = pool.best(1);
  if (winner.empty()) return std::nullopt;
  return std::move(winner.front().config);
}

}  // namespace studyhall::sampler::gp
