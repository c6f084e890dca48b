#include "bench/quality/serve.h"

#include <fmt/format.h>

#include "bench/quality/problems.h"
#include "core/error.h"

namespace studyhall::bench {
namespace {

Json describe(const TestProblem& problem) {
  Json out{{"name", problem.name}, {"group", problem.group}, {"holdout", problem.holdout}};
  out["params"] = problem.study["params"];
  out["require"] = problem.study.value("require", Json::array());
  out["constraints"] = problem.study.value("constraints", Json::array());
  out["workers"] = problem.workers;
  out["noise_sd"] = noise_sd(problem);
  out["optimum"] = problem.optimum;
  out["no_feasible_regret"] = normalised_regret(problem, yardstick(problem).worst);
  return out;
}

Json list(const Json& request) {
  Selection selection;
  if (request.contains("regex")) selection.regex = request["regex"].get<std::string>();
  if (request.contains("group")) selection.group = request["group"].get<std::string>();
  if (request.contains("holdout")) selection.holdout = request["holdout"].get<bool>();
  Json all = Json::array();
  for (const TestProblem* problem : select(selection)) all.push_back(describe(*problem));
  return {{"problems", std::move(all)}};
}

Json evaluate(const Json& request) {
  const TestProblem& problem = problem_named(request.at("problem").get<std::string>());
  const auto seed = request.at("seed").get<std::uint64_t>();
  const auto number = request.at("number").get<std::int64_t>();
  const SearchSpace& space = problem.spec->space;
  const SearchSpace::Partial given = space.partial_from_json(request.at("params"));
  if (!space.meets_require(given.config)) return {{"refused", true}};
  if (!space.contains(given.config))
    throw Error(ErrorCode::Invalid, "params: expected a value for every active parameter");
  const Outcome outcome = problem.evaluate(given.config);
  return {{"value", observed(problem, seed, number, outcome.value)},
          {"violations", violations(problem, outcome)},
          {"feasible", is_feasible(problem, outcome)},
          {"regret", normalised_regret(problem, outcome.value)},
          {"duration", duration(problem, seed, number)}};
}

Json answer(const std::string& line) {
  const Json request = parse_json(line, "request");
  const auto verb = request.at("verb").get<std::string>();
  if (verb == "problems") return list(request);
  if (verb == "evaluate") return evaluate(request);
  if (verb == "study_seed") {
    const TestProblem& problem = problem_named(request.at("problem").get<std::string>());
    return {{"seed", study_seed(problem, request.at("seed").get<std::uint64_t>())}};
  }
  throw Error(ErrorCode::Invalid,
              fmt::format("verb \"{}\": expected problems, evaluate or study_seed", verb));
}

}  // namespace

std::string serve_line(const std::string& line) {
  try {
    return dump_json(answer(line));
  } catch (const Error& error) {
    return dump_json({{"error", {{"code", to_string(error.code())}, {"message", error.what()}}}});
  } catch (const Json::exception& error) {
    return dump_json({{"error", {{"code", "malformed"}, {"message", error.what()}}}});
  }
}

void serve(std::istream& in, std::ostream& out) {
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out << serve_line(line) << '\n' << std::flush;
}

}  // namespace studyhall::bench
