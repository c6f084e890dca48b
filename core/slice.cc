#include "core/slice.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace studyhall {

namespace {

bool same_value(const Parameter& param, double a, double b) {
  return param.is_discrete() ? param.snap(a) == param.snap(b) : a == b;
}

bool domain_contains(const Parameter& param, const Domain& domain, double value) {
  if (!param.contains(value)) return false;
  if (!domain.free) return same_value(param, value, domain.held);
  if (param.is_numeric()) {
    const double legal = param.is_discrete() ? param.snap(value) : value;
    return domain.low <= legal && legal <= domain.high;
  }
  return std::binary_search(domain.choices.begin(), domain.choices.end(),
                            static_cast<std::size_t>(value));
}

// The value of the domain nearest to `value`; of choices without an order, the default or the first
// where `value` is not among them.
double move_into(const Parameter& param, const Domain& domain, double value) {
  if (!domain.free) return domain.held;
  if (std::isnan(value)) value = param.default_or_middle();
  if (param.is_numeric()) return param.snap(std::clamp(value, domain.low, domain.high));
  if (domain_contains(param, domain, value) || domain.choices.empty()) return value;

  if (param.ordered) {
    const auto nearest = std::min_element(domain.choices.begin(), domain.choices.end(),
                                          [&](std::size_t a, std::size_t b) {
                                            return std::abs(static_cast<double>(a) - value) <
                                                   std::abs(static_cast<double>(b) - value);
                                          });
    return static_cast<double>(*nearest);
  }
  const double usual = param.default_or_middle();
  return domain_contains(param, domain, usual) ? usual
                                               : static_cast<double>(domain.choices.front());
}

// The values that a domain lists, by position.
class Values {
 public:
  Values(const Parameter& param, const Domain& domain) : param_(&param), domain_(&domain) {
    if (!domain.free) {
      count_ = 1;
    } else if (!param.is_numeric()) {
      count_ = domain.choices.size();
    } else if (domain.low == domain.high) {
      count_ = 1;
    } else {
      first_ = position(domain.low);
      count_ = position(domain.high) - first_ + 1;
    }
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double at(std::uint64_t k) const {
    if (!domain_->free) return domain_->held;
    if (!param_->is_numeric()) return static_cast<double>(domain_->choices[k]);
    return param_->is_discrete() ? param_->grid_value(first_ + k) : domain_->low;
  }

 private:
  [[nodiscard]] std::uint64_t position(double value) const {
    const double steps = static_cast<double>(*param_->cardinality() - 1);
    const double share =
        param_->high > param_->low ? (value - param_->low) / (param_->high - param_->low) : 0;
    return static_cast<std::uint64_t>(std::nearbyint(share * steps));
  }

  const Parameter* param_;
  const Domain* domain_;
  std::uint64_t first_ = 0;
  std::uint64_t count_ = 0;
};

// Depth-first walk through the parameters, parents first; a branch ends as soon as a condition of
// "require" whose parameters are all set does not hold.
class Walk {
 public:
  Walk(const SearchSpace& space, const Slice& slice, std::size_t limit)
      : space_(space), limit_(limit), config_(space.size(), kInactive), due_(space.size()) {
    const auto order = space.parents_first();
    std::vector<std::size_t> depth_of(space.size());
    for (std::size_t depth = 0; depth < order.size(); ++depth) depth_of[order[depth]] = depth;
    for (std::size_t p = 0; p < space.size(); ++p) {
      values_.emplace_back(space.params()[p], slice.domains[p]);
    }
    for (const Expression& expression : space.require()) {
      std::size_t last = 0;
      for (const std::size_t p : expression.parameters()) last = std::max(last, depth_of[p]);
      if (!due_.empty()) due_[last].push_back(&expression);
    }
  }

  std::optional<std::vector<Config>> run() {
    if (!descend(0)) return std::nullopt;
    return std::move(found_);
  }

 private:
  bool descend(std::size_t depth) {
    const auto order = space_.parents_first();
    if (depth == order.size()) {
      found_.push_back(config_);
      return true;
    }
    const std::size_t p = order[depth];
    const auto& when = space_.params()[p].when;
    const bool active = std::all_of(when.begin(), when.end(), [&](const Condition& c) {
      return std::find(c.values.begin(), c.values.end(), config_[c.parent]) != c.values.end();
    });
    const std::uint64_t count = active ? values_[p].count() : 1;
    for (std::uint64_t k = 0; k < count; ++k) {
      if (++steps_ > limit_) return false;
      config_[p] = active ? values_[p].at(k) : kInactive;
      const bool holds =
          std::all_of(due_[depth].begin(), due_[depth].end(),
                      [&](const Expression* expression) { return expression->holds(config_); });
      if (holds && !descend(depth + 1)) return false;
    }
    return true;
  }

  const SearchSpace& space_;
  std::size_t limit_;
  std::size_t steps_ = 0;
  Config config_;
  std::vector<Values> values_;
  std::vector<std::vector<const Expression*>> due_;  // by the depth at which they can be decided
  std::vector<Config> found_;
};

}  // namespace

bool Slice::contains(const SearchSpace& space, std::span<const double> config) const {
  if (config.size() != space.size()) return false;
  for (const std::size_t p : space.parents_first()) {
    if (!space.is_active(p, config)) {
      if (!std::isnan(config[p])) return false;
    } else if (!domain_contains(space.params()[p], domains[p], config[p])) {
      return false;
    }
  }
  return true;
}

Slice whole_space(const SearchSpace& space) {
  Slice slice;
  for (const Parameter& param : space.params()) {
    Domain domain;
    if (param.is_numeric()) {
      domain.low = param.low;
      domain.high = param.high;
    } else {
      domain.choices.resize(param.choices.size());
      std::iota(domain.choices.begin(), domain.choices.end(), std::size_t{0});
    }
    slice.domains.push_back(std::move(domain));
  }
  return slice;
}

Config project(const SearchSpace& space, const Slice& slice, Config config) {
  for (std::size_t p = 0; p < space.size(); ++p) {
    config[p] = move_into(space.params()[p], slice.domains[p], config[p]);
  }
  space.deactivate(config);
  return config;
}

std::optional<std::vector<Config>> enumerate(const SearchSpace& space, const Slice& slice,
                                             std::size_t limit) {
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Domain& domain = slice.domains[p];
    const bool continuous = !space.params()[p].is_discrete();
    if (domain.free && continuous && domain.low != domain.high) return std::nullopt;
  }
  return Walk(space, slice, limit).run();
}

}  // namespace studyhall
