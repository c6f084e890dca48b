#include "sampler/gp/beliefs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sampler/moves.h"

namespace studyhall::sampler::gp {
namespace {

constexpr std::size_t kCenters = 5;

struct Evaluated {
  double level;
  const Config* config;
};

// Those that may lead, least level first; levels [members].
std::vector<Evaluated> ranking(const Eigen::VectorXd& levels, const Surrogate& surrogate,
                               const Series& series) {
  std::vector<Evaluated> out;
  for (std::size_t i = 0; i < surrogate.members().size(); ++i) {
    const Measurement& measured = series[surrogate.members()[i]];
    if (measured.may_lead) out.push_back({levels[static_cast<Eigen::Index>(i)], measured.config});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Evaluated& a, const Evaluated& b) { return a.level < b.level; });
  return out;
}

}  // namespace

Beliefs::Beliefs(const Task& task, const Encoding& encoding, const Training& data,
                 Incumbent incumbent)
    : task_(task),
      encoding_(encoding),
      pending_(std::span(data.pending).last(std::min(data.pending.size(), kMostPending))),
      incumbent_(incumbent) {}

const Posterior& Beliefs::believe(const Surrogate& surrogate) {
  Posterior& posterior = posteriors_.emplace_back(surrogate.posterior());
  for (const Config* config : pending_) posterior.believe(encoding_.encode(*config));
  posterior.prepare();
  return posterior;
}

double Beliefs::least_mean(const Posterior& posterior, std::vector<Config> configs) const {
  Eigen::MatrixXd P(static_cast<Eigen::Index>(configs.size()), encoding_.width());
  for (std::size_t i = 0; i < configs.size(); ++i) {
    task_.space.deactivate(configs[i]);
    P.row(static_cast<Eigen::Index>(i)) = encoding_.encode(configs[i]);
  }
  return posterior.predict(P).mean.minCoeff();
}

void Beliefs::bound(Surrogate& surrogate, const Series& series) {
  if (series.empty()) return;
  surrogate.learn(encoding_, series);
  acquisition_.keep_below(believe(surrogate), surrogate.standard()(0));
  bounded_ = true;
}

void Beliefs::improve(Surrogate& surrogate, const Series& series) {
  if (series.empty()) return;
  surrogate.learn(encoding_, series);
  const Posterior& posterior = believe(surrogate);
  const Eigen::VectorXd means = posterior.means_at_points();
  const bool observed = incumbent_ == Incumbent::Observed;
  const std::vector<Evaluated> best =
      ranking(observed ? surrogate.observed() : means, surrogate, series);
  if (best.empty()) return;
  const SearchSpace& space = task_.space;
  for (std::size_t i = 0; i < std::min(best.size(), kCenters); ++i) {
    centers_.push_back(filled(space, task_.slice, *best[i].config));
  }
  const auto inside = std::find_if(best.begin(), best.end(), [&](const Evaluated& trial) {
    return task_.slice.contains(space, *trial.config);
  });
  double least = 0;
  if (inside == best.end()) {
    least = least_mean(posterior, centers_);
  } else {
    least = inside->level;
    const Eigen::Index running = bounded_ || observed ? 0 : std::ssize(pending_);
    if (running > 0) least = std::min(least, means.tail(running).minCoeff());
  }
  acquisition_.improve(posterior, least);
  improves_ = true;
}

}  // namespace studyhall::sampler::gp
