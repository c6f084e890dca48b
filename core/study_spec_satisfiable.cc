#include <cmath>

#include "core/rng.h"
#include "core/study_file_parts.h"

namespace studyhall {

namespace {

constexpr std::size_t kRandomDraws = 100'000;
constexpr std::size_t kEnumerationSteps = 1'000'000;

// Uniform over the domain; uniform in the logarithm where the parameter is logarithmic.
double draw(const Parameter& param, const Domain& domain, Rng& rng) {
  if (!domain.free) return domain.held;
  if (!param.is_numeric()) {
    return static_cast<double>(domain.choices[rng.index(domain.choices.size())]);
  }
  if (!param.log) return param.snap(rng.uniform(domain.low, domain.high));
  return param.snap(std::exp(rng.uniform(std::log(domain.low), std::log(domain.high))));
}

// The parameters that decide whether `require` holds: those it names, and their ancestors.
std::vector<std::size_t> deciding(const SearchSpace& space) {
  std::vector<bool> decides(space.size());
  for (const Expression& expression : space.require()) {
    for (const std::size_t p : expression.parameters()) decides[p] = true;
  }
  const auto order = space.parents_first();
  for (auto p = order.rbegin(); p != order.rend(); ++p) {
    if (!decides[*p]) continue;
    for (const Condition& condition : space.params()[*p].when) decides[condition.parent] = true;
  }
  std::vector<std::size_t> out;
  for (const std::size_t p : order) {
    if (decides[p]) out.push_back(p);
  }
  return out;
}

// The slice with everything that does not decide held, so that there is less to enumerate.
Slice hold_others(const SearchSpace& space, Slice slice, const std::vector<std::size_t>& kept) {
  std::vector<bool> keep(space.size());
  for (const std::size_t p : kept) keep[p] = true;
  for (std::size_t p = 0; p < space.size(); ++p) {
    Domain& domain = slice.domains[p];
    if (keep[p] || !domain.free) continue;
    domain.held = space.params()[p].default_or_middle();
    domain.free = false;
  }
  return slice;
}

}  // namespace

Satisfiable find_any_config(const SearchSpace& space, const Slice& slice) {
  Config base(space.size());
  for (std::size_t p = 0; p < space.size(); ++p) base[p] = space.params()[p].default_or_middle();
  if (space.meets_require(project(space, slice, base))) return Satisfiable::Yes;

  const std::vector<std::size_t> free = deciding(space);
  Rng rng = Rng::for_trial(0, 0);
  for (std::size_t i = 0; i < kRandomDraws; ++i) {
    Config config = base;
    for (const std::size_t p : free) config[p] = draw(space.params()[p], slice.domains[p], rng);
    space.deactivate(config);
    if (space.meets_require(config)) return Satisfiable::Yes;
  }

  const auto all = enumerate(space, hold_others(space, slice, free), kEnumerationSteps);
  if (!all) return Satisfiable::Unknown;
  return all->empty() ? Satisfiable::No : Satisfiable::Yes;
}

}  // namespace studyhall
