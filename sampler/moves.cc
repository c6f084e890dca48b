#include "sampler/moves.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "sampler/unit_cube.h"

namespace studyhall::sampler {
namespace {

Domain whole_axis(const Parameter& parameter) {
  Domain domain;
  domain.low = parameter.low;
  domain.high = parameter.high;
  return domain;
}

double nearest_choice(const Domain& domain, double place) {
  const auto nearest = std::min_element(
      domain.choices.begin(), domain.choices.end(), [&](std::size_t a, std::size_t b) {
        return std::abs(static_cast<double>(a) - place) < std::abs(static_cast<double>(b) - place);
      });
  return static_cast<double>(*nearest);
}

}  // namespace

double value_at(const Parameter& parameter, const Domain& domain, double unit) {
  if (parameter.is_numeric()) return Scale(parameter, domain).from_unit(unit);
  const auto count = static_cast<double>(domain.choices.size());
  return static_cast<double>(domain.choices[static_cast<std::size_t>(unit * count)]);
}

double moved(const Parameter& parameter, const Domain& domain, double value, double delta) {
  if (!parameter.is_numeric()) {
    return nearest_choice(domain, value + delta * static_cast<double>(parameter.choices.size()));
  }
  const Scale axis(parameter, whole_axis(parameter));
  const double reach = delta * (axis.upper() - axis.lower());
  return Scale(parameter, domain).value(axis.coordinate(value) + reach);
}

double neighbour(const Parameter& parameter, const Domain& domain, double value, int steps) {
  if (!parameter.is_numeric()) {
    const auto at = std::lower_bound(domain.choices.begin(), domain.choices.end(),
                                     static_cast<std::size_t>(value));
    const auto last = std::ssize(domain.choices) - 1;
    const auto to = std::clamp<std::ptrdiff_t>(at - domain.choices.begin() + steps, 0, last);
    return static_cast<double>(domain.choices[static_cast<std::size_t>(to)]);
  }
  const Scale scale(parameter, domain);
  const double to = std::clamp(value + steps * parameter.step, domain.low, domain.high);
  return scale.value(scale.coordinate(to));
}

std::size_t values_in(const Parameter& parameter, const Domain& domain) {
  if (!parameter.is_numeric()) return domain.choices.size();
  if (domain.low == domain.high) return 1;
  return static_cast<std::size_t>(std::round((domain.high - domain.low) / parameter.step)) + 1;
}

Domain narrowed(const Parameter& parameter, Domain domain, double center, double radius) {
  if (!domain.free) return domain;
  if (parameter.is_numeric()) {
    const double low = moved(parameter, domain, center, -radius);
    domain.high = moved(parameter, domain, center, radius);
    domain.low = low;
  } else if (parameter.ordered) {
    const double nearest = nearest_choice(domain, center);
    const double reach = radius * static_cast<double>(parameter.choices.size());
    std::erase_if(domain.choices, [&](std::size_t choice) {
      return std::abs(static_cast<double>(choice) - nearest) > reach;
    });
  }
  return domain;
}

Config filled(const SearchSpace& space, const Slice& slice, Config config) {
  for (std::size_t p = 0; p < config.size(); ++p) {
    const Parameter& parameter = space.params()[p];
    const Domain& domain = slice.domains[p];
    double& value = config[p];
    if (std::isnan(value)) value = parameter.default_or_middle();
    if (!domain.free) {
      value = domain.held;
    } else if (parameter.is_numeric()) {
      value = std::clamp(value, domain.low, domain.high);
    } else if (parameter.ordered) {
      value = nearest_choice(domain, value);
    } else if (!std::binary_search(domain.choices.begin(), domain.choices.end(),
                                   static_cast<std::size_t>(value))) {
      value = static_cast<double>(domain.choices.front());
    }
  }
  return config;
}

}  // namespace studyhall::sampler
