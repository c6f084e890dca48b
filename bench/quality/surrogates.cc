#include "bench/quality/surrogates.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace studyhall::bench {
namespace {

double square(double v) { return v * v; }

double sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

// How fast `used` of something pays off: 0 at none, towards 1.
double saturation(double used, double scale) { return 1 - std::exp(-used / scale); }

// The chance that the heat signature's wider search follows, and what is gained and spent by it.
struct Wider {
  double chance_1src;
  double chance_2src;
  double gain;
};

Wider wider_search(std::span<const double> x) {
  const double t1 = (x[0] - 0.35) / 0.07;
  const double t2 = (x[1] - 0.465) / 0.085;
  const double spread = std::log10(x[2]) + 0.75;
  // Starting at random wants a wider search, triangulation a narrow one.
  const std::array<double, 4> best_spread{0.0, 0.25, -0.25, 0.1};
  const double aim =
      std::exp(-square((spread - best_spread[static_cast<std::size_t>(x[4])]) / 0.3));
  return {sigmoid(-3 * t1), sigmoid(-3 * t2), aim * saturation(x[3] - 9, 6)};
}

}  // namespace

const Json& boosting_params() {
  static const Json params = parse_json(R"({
    "learning_rate":    {"type": "float", "low": 0.001, "high": 0.5, "log": true},
    "n_estimators":     {"type": "int", "low": 50, "high": 1000, "step": 10},
    "max_depth":        {"type": "int", "low": 2, "high": 14},
    "min_child_weight": {"type": "int", "low": 1, "high": 64, "log": true},
    "subsample":        {"type": "float", "low": 0.4, "high": 1},
    "colsample_bytree": {"type": "float", "low": 0.3, "high": 1},
    "reg_lambda":       {"type": "float", "low": 0.001, "high": 100, "log": true},
    "booster":          {"type": "categorical", "choices": ["gbtree", "dart", "gblinear"]}})",
                                        "boosting parameters");
  return params;
}

double boosting_loss(std::span<const double> x) {
  const double rate = std::log10(x[0]);
  const double work = std::log10(x[0] * x[1]);
  const double lambda = std::log10(x[6]);
  if (x[7] == 2) return 0.245 + 0.02 * square(work - 1) + 0.004 * square(lambda);
  const double fit = work + 0.07 * x[2];
  const double held = 0.25 * (lambda + 1) + 0.12 * std::log2(x[3]) + 1.5 * (1 - x[4]) + (1 - x[5]);
  const double underfit = 0.08 * std::exp(-1.5 * (fit - 1.2));
  const double overfit = 0.03 * std::exp(1.6 * (fit - 1.8 - 0.6 * held));
  const double coarse = 0.04 * square(std::max(0.0, rate + 1));
  const double dart = x[7] == 1 ? 0.02 * std::abs(rate + 1) - 0.004 : 0;
  return 0.15 + underfit + overfit + 0.012 * square(held - 0.9) + coarse +
         0.15 * square(x[4] - 0.8) + 0.0015 * std::cos(3 * x[2]) + dart;
}

double boosting_minutes(std::span<const double> x) {
  if (x[7] == 2) return 2 + 0.01 * x[1];
  return 2 + 0.012 * x[1] * x[2] * x[4] * (0.3 + 0.7 * x[5]) * (x[7] == 1 ? 1.8 : 1);
}

const Json& network_params() {
  static const Json params = parse_json(R"({
    "learning_rate": {"type": "float", "low": 1e-5, "high": 1, "log": true},
    "optimizer":     {"type": "categorical", "choices": ["sgd", "adam", "rmsprop"]},
    "batch_size":    {"type": "int", "low": 16, "high": 1024, "log": true},
    "layers":        {"type": "int", "low": 1, "high": 6},
    "width":         {"type": "int", "low": 16, "high": 1024, "log": true},
    "dropout":       {"type": "float", "low": 0, "high": 0.7},
    "weight_decay":  {"type": "float", "low": 1e-7, "high": 0.1, "log": true},
    "activation":    {"type": "categorical", "choices": ["relu", "tanh", "gelu"]},
    "warmup_steps":  {"type": "int", "low": 0, "high": 2000, "step": 100}})",
                                        "network parameters");
  return params;
}

double network_loss(std::span<const double> x) {
  const auto optimizer = static_cast<std::size_t>(x[1]);
  const std::array<double, 3> best_rate{-1.0, -3.0, -3.3};
  const double depth = x[3];
  // The rate that suits grows with batch and warm-up and falls with depth.
  const double rate =
      best_rate[optimizer] + 0.5 * std::log10(x[2] / 128) - 0.06 * (depth - 1) + 0.1 * x[8] / 1000;
  const double off = std::log10(x[0]) - rate;
  const double decay = std::log10(x[6]);
  const double capacity = 0.5 * std::log2(x[4]) + 0.6 * depth;
  const double underfit = 0.35 * std::exp(-0.6 * (capacity - 2)) * (1 + 0.3 * square(off));
  const double overfit = 0.02 * std::exp(0.55 * (capacity - 5) - 1.6 * x[5] - 0.25 * (decay + 7));
  const double held = 0.25 * square(x[5]) + 0.024 * square(std::max(0.0, decay + 4));
  const double misfit = (optimizer == 0 ? 0.12 : 0.06) * square(off);
  const double diverges = 1.2 * sigmoid(12 * (off - 0.9));
  const std::array<double, 3> activation{0, 0.012 * depth, 0.01 - 0.004 * depth};
  const std::array<double, 3> base{-0.01, 0, 0.01};
  const double loss = 0.1 + underfit + overfit + held + misfit + diverges + base[optimizer] +
                      activation[static_cast<std::size_t>(x[7])] +
                      0.004 * square(std::log2(x[2] / 64));
  return std::min(loss, 2.3);
}

const Json& heat_params() {
  static const Json params = parse_json(R"({
    "threshold_1src":  {"type": "float", "low": 0.28, "high": 0.42},
    "threshold_2src":  {"type": "float", "low": 0.38, "high": 0.55},
    "fallback_sigma":  {"type": "float", "low": 0.05, "high": 0.5, "log": true},
    "fallback_fevals": {"type": "int", "low": 14, "high": 24},
    "init_strategy":   {"type": "categorical", "choices": ["smart", "random", "triangulation", "grid"]},
    "fevals_1src":     {"type": "int", "low": 8, "high": 24},
    "fevals_2src":     {"type": "int", "low": 32, "high": 44},
    "refine_iters":    {"type": "int", "low": 2, "high": 5},
    "refine_top":      {"type": "int", "low": 1, "high": 3}})",
                                        "heat signature parameters");
  return params;
}

double heat_score(std::span<const double> x) {
  const Wider wider = wider_search(x);
  const std::array<double, 4> start{0.05, 0.0, 0.055, 0.03};
  // A good start needs fewer evaluations.
  const std::array<double, 4> need{5, 9, 4.5, 7};
  const auto init = static_cast<std::size_t>(x[4]);
  const double first = 0.2 * saturation(x[5] - 3, need[init]);
  const double second = 0.22 * saturation(x[6] - 24, 1.6 * need[init]);
  const double again = 0.09 * wider.gain * (0.4 * wider.chance_1src + 0.6 * wider.chance_2src);
  const double refined = 0.07 * saturation(x[7], 2) * saturation(x[8], 1.2);
  const double ripple = 0.004 * std::sin(90 * x[0]) + 0.004 * std::cos(70 * x[1]);
  return 0.6 + start[init] + first + second + again + refined + ripple;
}

double heat_minutes(std::span<const double> x) {
  const Wider wider = wider_search(x);
  const double first = 0.55 * (x[5] + wider.chance_1src * x[3]);
  const double second = 0.8 * (x[6] + 0.7 * wider.chance_2src * x[3]);
  return 3 + first + second + 0.9 * x[7] * x[8];
}

}  // namespace studyhall::bench
