#include "studies/heat_signature/experiment/initialise.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "studies/heat_signature/experiment/distinct.h"

namespace studyhall::heat_signature {
namespace {

constexpr int kLatticeX = 4;  // of the grid strategy
constexpr int kLatticeY = 2;
constexpr int kScanX = 19;  // of the places that triangulation compares: 0.1 apart
constexpr int kScanY = 9;
constexpr double kStartSeparation = 0.25;  // between the starts of one case

struct Scored {
  Positions positions;
  double cost = 0;
};

// The cheapest, then the cheapest that is not near one already taken.
std::vector<Positions> best_of(std::vector<Scored> scored) {
  std::stable_sort(scored.begin(), scored.end(),
                   [](const Scored& a, const Scored& b) { return a.cost < b.cost; });
  std::vector<Positions> best;
  for (const Scored& next : scored) {
    if (best.size() == kMaxStarts) break;
    const bool is_near = std::any_of(best.begin(), best.end(), [&](const Positions& taken) {
      return displacement(next.positions, taken) < kStartSeparation;
    });
    if (!is_near) best.push_back(next.positions);
  }
  return best;
}

// Exponential integral E1(x), x > 0.
double e1(double x) { return -std::expint(-x); }

// Mean of a sensor's readings from `first` to `last`, both included.
double mean_reading(const Case& observed, Eigen::Index sensor, Eigen::Index first,
                    Eigen::Index last) {
  return observed.readings.col(sensor).segment(first, last + 1 - first).mean();
}

// A steady point source warms an unbounded plate as E1(r^2 / 4 kappa t): the farther the source,
// the more the warming from t/2 to t. Solves for r by bisection.
double distance_from_growth(double growth, double diffusivity, double time) {
  double low = 0.02;
  double high = kWidth;
  for (int k = 0; k < 40; ++k) {
    const double r = 0.5 * (low + high);
    const double a = r * r / (4 * diffusivity * time);
    (e1(a) < growth * e1(2 * a) ? low : high) = r;
  }
  return low;
}

std::vector<Signal> read_signals(const Case& observed) {
  std::vector<Signal> signals;
  for (Eigen::Index k = 0; k < observed.readings.cols(); ++k) {
    signals.push_back(read_signal(observed, k));
  }
  return signals;
}

double weight(const Signal& signal) { return std::max(signal.peak, 0.05) / signal.half_rise; }

// Mean place of the sensors whose nearest of `seeds` is number k, by the squares of their weights.
Point weighted_centre(const Case& observed, const std::vector<Signal>& signals,
                      const Positions& seeds, std::size_t k) {
  Point sum;
  double total = 0;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    const Point& sensor = observed.sensors[i];
    std::size_t nearest = 0;
    for (std::size_t s = 1; s < seeds.size(); ++s) {
      if (distance(sensor, seeds[s]) < distance(sensor, seeds[nearest])) nearest = s;
    }
    if (nearest != k) continue;
    const double w = std::pow(weight(signals[i]), 2);
    sum = {sum.x + w * sensor.x, sum.y + w * sensor.y};
    total += w;
  }
  return {sum.x / total, sum.y / total};
}

// Seeds: the sensor of greatest weight, then the one of greatest weight times distance from it.
std::vector<Positions> smart(const Case& observed) {
  const std::vector<Signal> signals = read_signals(observed);
  std::size_t first = 0;
  for (std::size_t i = 1; i < signals.size(); ++i) {
    if (weight(signals[i]) > weight(signals[first])) first = i;
  }
  Positions seeds{observed.sensors[first]};
  if (observed.sources == 2) {
    const auto pull = [&](std::size_t i) {
      return weight(signals[i]) * distance(observed.sensors[i], seeds[0]);
    };
    std::size_t second = first == 0 ? 1 : 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      if (pull(i) > pull(second)) second = i;
    }
    seeds.push_back(observed.sensors[second]);
  }
  Positions centres;
  for (std::size_t k = 0; k < seeds.size(); ++k) {
    centres.push_back(weighted_centre(observed, signals, seeds, k));
  }
  return {centres, seeds};
}

std::vector<Positions> random(const Case& observed, Rng& rng) {
  std::vector<Positions> starts(kMaxStarts);
  for (Positions& start : starts) {
    for (int k = 0; k < observed.sources; ++k) {
      const double x = rng.uniform(kMargin, kWidth - kMargin);
      start.push_back({x, rng.uniform(kMargin, kHeight - kMargin)});
    }
  }
  return starts;
}

std::vector<Positions> triangulation(const Case& observed) {
  const std::vector<Signal> signals = read_signals(observed);
  Positions places;
  for (int j = 0; j < kScanY; ++j) {
    for (int i = 0; i < kScanX; ++i) {
      places.push_back(clamp_to_plate({kMargin + i * (kWidth - 2 * kMargin) / (kScanX - 1),
                                       kMargin + j * (kHeight - 2 * kMargin) / (kScanY - 1)}));
    }
  }
  const auto cost = [&](const Point& a, const Point& b) {
    double sum = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      const Point& sensor = observed.sensors[i];
      const double nearest = std::min(distance(sensor, a), distance(sensor, b));
      sum += std::max(signals[i].peak, 0.05) * std::pow(nearest - signals[i].distance, 2);
    }
    return sum;
  };
  std::vector<Scored> scored;
  for (std::size_t a = 0; a < places.size(); ++a) {
    if (observed.sources == 1) {
      scored.push_back({{places[a]}, cost(places[a], places[a])});
      continue;
    }
    for (std::size_t b = a + 1; b < places.size(); ++b) {
      scored.push_back({{places[a], places[b]}, cost(places[a], places[b])});
    }
  }
  return best_of(std::move(scored));
}

std::vector<Positions> grid(Model& model) {
  Positions nodes;
  for (int j = 0; j < kLatticeY; ++j) {
    for (int i = 0; i < kLatticeX; ++i) {
      nodes.push_back({(i + 0.5) * kWidth / kLatticeX, (j + 0.5) * kHeight / kLatticeY});
    }
  }
  const Eigen::MatrixXd responses = model.responses(nodes);
  std::vector<Scored> scored;
  const auto n = static_cast<int>(nodes.size());
  const auto consider = [&](const std::vector<int>& chosen) {
    Positions positions;
    for (const int k : chosen) positions.push_back(nodes[static_cast<std::size_t>(k)]);
    const double rmse = model.fit(positions, responses(Eigen::all, chosen)).rmse;
    scored.push_back({std::move(positions), rmse});
  };
  for (int a = 0; a < n; ++a) {
    if (model.observed().sources == 1) {
      consider({a});
      continue;
    }
    for (int b = a + 1; b < n; ++b) consider({a, b});
  }
  return best_of(std::move(scored));
}

}  // namespace

std::string_view to_string(InitStrategy strategy) {
  switch (strategy) {
    case InitStrategy::Smart:
      return "smart";
    case InitStrategy::Random:
      return "random";
    case InitStrategy::Triangulation:
      return "triangulation";
    case InitStrategy::Grid:
      return "grid";
  }
  return "";
}

Signal read_signal(const Case& observed, Eigen::Index sensor) {
  const Eigen::Index n = observed.readings.rows();
  const Eigen::Index window = n / 10;
  const double dt = kTimeStep * kReadEvery;
  Signal signal;
  signal.peak = mean_reading(observed, sensor, n - window, n - 1);

  Eigen::Index last = window - 1;
  while (last + 1 < n &&
         mean_reading(observed, sensor, last + 1 - window, last) < signal.peak / 2) {
    ++last;
  }
  signal.half_rise = static_cast<double>(last + 1) * dt;

  // Around the middle and the quarter of the run: late enough to stand above the noise, early
  // enough to know little of the edges.
  const Eigen::Index middle = n / 2;
  const Eigen::Index quarter = n / 4;
  const Eigen::Index half = window / 2;
  const double late = mean_reading(observed, sensor, middle - half, middle + half);
  const double early = mean_reading(observed, sensor, quarter - half, quarter + half);
  const double growth = late / std::max(early, 0.02);
  signal.distance = distance_from_growth(std::clamp(growth, 1.01, 50.0), observed.diffusivity,
                                         static_cast<double>(middle + 1) * dt);
  return signal;
}

std::vector<Positions> initial_positions(Model& model, InitStrategy strategy, Rng& rng) {
  switch (strategy) {
    case InitStrategy::Smart:
      return smart(model.observed());
    case InitStrategy::Random:
      return random(model.observed(), rng);
    case InitStrategy::Triangulation:
      return triangulation(model.observed());
    case InitStrategy::Grid:
      return grid(model);
  }
  return {};
}

}  // namespace studyhall::heat_signature
