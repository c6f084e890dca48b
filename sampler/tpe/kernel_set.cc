#include "sampler/tpe/kernel_set.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>

#include "sampler/tpe/log_sum.h"
#include "sampler/truncnorm.h"

namespace studyhall::sampler::tpe {
namespace {

// ln of the least mass told apart from none.
constexpr double kLeastLogMass = -690;

// Mass of the standard normal between a < b, given the tails beyond |a| and |b|.
double mass_between(double a, double b, double tail_a, double tail_b) {
  if (a >= 0) return tail_a - tail_b;
  if (b <= 0) return tail_b - tail_a;
  return 1 - tail_a - tail_b;
}

// ln of the mass of a normal(mu, sigma) in [0, 1].
double log_mass_inside(double mu, double sigma) { return log_mass(-mu / sigma, (1 - mu) / sigma); }

// ln of what a Line's kernel does not owe to the point: its density at its own middle.
double line_constant(double mu, double sigma) { return truncnorm_log_density(mu, mu, sigma, 0, 1); }

template <class T>
void insert_at(std::vector<T>& values, std::size_t at, T value) {
  values.insert(values.begin() + static_cast<std::ptrdiff_t>(at), value);
}

template <class T>
void erase_at(std::vector<T>& values, std::size_t at) {
  if (at < values.size()) values.erase(values.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

std::vector<double> log_cell_masses(std::span<const double> edges, double mu, double sigma) {
  const double log_inside = log_mass_inside(mu, sigma);
  std::vector<double> result(edges.size() - 1);
  double z = (edges[0] - mu) / sigma;
  double tail = upper_tail(std::abs(z));
  for (std::size_t k = 0; k < result.size(); ++k) {
    const double next_z = (edges[k + 1] - mu) / sigma;
    const double next_tail = upper_tail(std::abs(next_z));
    const double mass = mass_between(z, next_z, tail, next_tail);
    result[k] = mass > 0 ? std::max(std::log(mass) - log_inside, kLeastLogMass) : kLeastLogMass;
    z = next_z;
    tail = next_tail;
  }
  return result;
}

double log_kernel(const UnitAxis& axis, const Place& mu, double sigma, double off_mass,
                  const Place& at) {
  const auto middle = static_cast<double>(mu.unit);
  switch (axis.kind()) {
    case UnitAxis::Kind::Choice:
      return std::log(mu.index == at.index ? 1 - off_mass
                                           : off_mass / static_cast<double>(axis.values() - 1));
    case UnitAxis::Kind::Grid:
      return log_mass((axis.edges()[at.index] - middle) / sigma,
                      (axis.edges()[at.index + 1U] - middle) / sigma) -
             log_mass_inside(middle, sigma);
    case UnitAxis::Kind::Line:
      break;
  }
  return truncnorm_log_density(static_cast<double>(at.unit), middle, sigma, 0, 1);
}

KernelSet::KernelSet(std::span<const UnitAxis> axes, double off_mass, double sigma)
    : axes_(axes), columns_(axes.size()) {
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (axes[a].kind() != UnitAxis::Kind::Choice) continue;
    const double off = off_mass / static_cast<double>(axes[a].values() - 1);
    columns_[a].log_off = std::log(off);
    columns_[a].log_on_over_off = static_cast<float>(std::log((1 - off_mass) / off));
  }
  restart(sigma);
}

void KernelSet::restart(double sigma) {
  sigma_ = sigma;
  numbers_.clear();
  constant_.clear();
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    Column& column = columns_[a];
    column.mu.clear();
    column.inverse.clear();
    column.row.clear();
    if (axes_[a].kind() != UnitAxis::Kind::Grid) continue;
    const std::size_t values = axes_[a].values();
    column.rows = values;
    column.table.resize(values * values);
    for (std::size_t cell = 0; cell < values; ++cell) {
      const std::vector<double> masses =
          log_cell_masses(axes_[a].edges(), static_cast<double>(axes_[a].unit_of(cell)), sigma);
      for (std::size_t k = 0; k < values; ++k) {
        column.table[k * values + cell] = static_cast<float>(masses[k]);
      }
    }
  }
}

void KernelSet::assign(std::span<const std::int64_t> numbers, const Places& at,
                       const std::vector<std::vector<double>>& sigma,
                       std::span<const double> weights) {
  const std::size_t n = numbers.size();
  numbers_.assign(numbers.begin(), numbers.end());
  std::vector<double> constant(n);
  for (std::size_t i = 0; i < n; ++i) constant[i] = std::log(weights[i]);
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    Column& column = columns_[a];
    column.mu.clear();
    column.inverse.clear();
    column.row.clear();
    column.rows = n;
    if (axes_[a].kind() == UnitAxis::Kind::Grid) column.table.resize(axes_[a].values() * n);
    for (std::size_t i = 0; i < n; ++i) {
      const Place& place = at.row(i)[a];
      const auto mu = static_cast<double>(place.unit);
      switch (axes_[a].kind()) {
        case UnitAxis::Kind::Line:
          column.mu.push_back(place.unit);
          column.inverse.push_back(static_cast<float>(1 / sigma[a][i]));
          constant[i] += line_constant(mu, sigma[a][i]);
          break;
        case UnitAxis::Kind::Choice:
          column.mu.push_back(static_cast<float>(place.index));
          constant[i] += column.log_off;
          break;
        case UnitAxis::Kind::Grid: {
          column.row.push_back(static_cast<std::uint16_t>(i));
          const std::vector<double> masses = log_cell_masses(axes_[a].edges(), mu, sigma[a][i]);
          for (std::size_t k = 0; k < masses.size(); ++k) {
            column.table[k * n + i] = static_cast<float>(masses[k]);
          }
          break;
        }
      }
    }
  }
  constant_.assign(constant.begin(), constant.end());
}

float KernelSet::constant_at(std::span<const Place> at) const {
  double constant = 0;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (axes_[a].kind() == UnitAxis::Kind::Choice) constant += columns_[a].log_off;
    if (axes_[a].kind() == UnitAxis::Kind::Line) {
      constant += line_constant(static_cast<double>(at[a].unit), sigma_);
    }
  }
  return static_cast<float>(constant);
}

void KernelSet::insert(std::int64_t number, std::span<const Place> at) {
  const auto after = std::lower_bound(numbers_.begin(), numbers_.end(), number);
  assert(after == numbers_.end() || *after != number);
  const auto i = static_cast<std::size_t>(after - numbers_.begin());
  numbers_.insert(after, number);
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    Column& column = columns_[a];
    switch (axes_[a].kind()) {
      case UnitAxis::Kind::Line:
        insert_at(column.mu, i, at[a].unit);
        insert_at(column.inverse, i, static_cast<float>(1 / sigma_));
        break;
      case UnitAxis::Kind::Choice:
        insert_at(column.mu, i, static_cast<float>(at[a].index));
        break;
      case UnitAxis::Kind::Grid:
        insert_at(column.row, i, at[a].index);
        break;
    }
  }
  insert_at(constant_, i, constant_at(at));
}

void KernelSet::erase(std::int64_t number) {
  const auto found = std::lower_bound(numbers_.begin(), numbers_.end(), number);
  assert(found != numbers_.end() && *found == number);
  const auto i = static_cast<std::size_t>(found - numbers_.begin());
  numbers_.erase(found);
  erase_at(constant_, i);
  for (Column& column : columns_) {
    erase_at(column.mu, i);
    erase_at(column.inverse, i);
    erase_at(column.row, i);
  }
}

bool KernelSet::contains(std::int64_t number) const {
  return std::binary_search(numbers_.begin(), numbers_.end(), number);
}

void KernelSet::log_sums(const Places& points, std::vector<double>& out) const {
  const std::size_t n = size();
  out.resize(points.size());
  std::vector<float> term(n);
  for (std::size_t k = 0; k < points.size(); ++k) {
    const std::span<const Place> point = points.row(k);
    std::copy(constant_.begin(), constant_.end(), term.begin());
    const auto table_of = [&](std::size_t a) {
      return &columns_[a].table[point[a].index * columns_[a].rows];
    };
    std::optional<std::size_t> unpaired;  // a Grid whose table waits for another, to save a pass
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      const Column& column = columns_[a];
      switch (axes_[a].kind()) {
        case UnitAxis::Kind::Line:
          subtract_half_squares(point[a].unit, column.mu.data(), column.inverse.data(), n,
                                term.data());
          break;
        case UnitAxis::Kind::Choice:
          add_where_equal(static_cast<float>(point[a].index), column.mu.data(),
                          column.log_on_over_off, n, term.data());
          break;
        case UnitAxis::Kind::Grid:
          if (unpaired) {
            add_looked_up(table_of(*unpaired), columns_[*unpaired].row.data(), table_of(a),
                          column.row.data(), n, term.data());
            unpaired.reset();
          } else {
            unpaired = a;
          }
          break;
      }
    }
    if (unpaired) {
      add_looked_up(table_of(*unpaired), columns_[*unpaired].row.data(), n, term.data());
    }
    out[k] = log_sum_exp(term.data(), n);
  }
}

}  // namespace studyhall::sampler::tpe
