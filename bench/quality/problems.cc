#include "bench/quality/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <regex>

#include "core/error.h"

namespace studyhall::bench {
namespace {

void append(std::vector<TestProblem>& all, std::vector<TestProblem> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

std::vector<TestProblem> make_all() {
  std::vector<TestProblem> all = continuous_problems();
  append(all, scaled_problems());
  append(all, mixed_problems());
  append(all, conditional_problems());
  append(all, constrained_problems());
  append(all, discrete_problems());
  append(all, variant_problems(all));
  for (TestProblem& problem : all)
    problem.spec = parse_study_spec(study_file(problem, {{"name", "random"}}, 0));
  return all;
}

}  // namespace

const std::vector<TestProblem>& problems() {
  static const std::vector<TestProblem> all = make_all();
  return all;
}

const TestProblem& problem_named(const std::string& name) {
  std::vector<std::string> known;
  for (const TestProblem& problem : problems()) {
    if (problem.name == name) return problem;
    known.push_back(problem.name);
  }
  const auto near = nearest_name(name, known);
  throw Error(ErrorCode::NotFound, fmt::format("no problem is named \"{}\"{}", name,
                                               near ? "; did you mean " + *near + "?" : ""));
}

std::vector<const TestProblem*> select(const Selection& selection) {
  std::regex regex;
  try {
    regex = selection.regex.value_or("");
  } catch (const std::regex_error& error) {
    throw Error(ErrorCode::Invalid,
                fmt::format("\"{}\" is no regular expression: {}", *selection.regex, error.what()));
  }
  std::vector<const TestProblem*> out;
  for (const TestProblem& problem : problems()) {
    if (selection.regex && !std::regex_search(problem.name, regex)) continue;
    if (selection.group && problem.group != *selection.group) continue;
    if (selection.holdout && problem.holdout != *selection.holdout) continue;
    out.push_back(&problem);
  }
  if (out.empty()) throw Error(ErrorCode::Invalid, "no problem fits the selection");
  return out;
}

Json box(std::size_t dimensions, double low, double high) {
  Json params = Json::object();
  for (std::size_t i = 0; i < dimensions; ++i)
    params[fmt::format("x{}", i)] = {{"type", "float"}, {"low", low}, {"high", high}};
  return params;
}

Json box_point(const std::vector<double>& x) {
  Json out = Json::object();
  for (std::size_t i = 0; i < x.size(); ++i) out[fmt::format("x{}", i)] = x[i];
  return out;
}

}  // namespace studyhall::bench
