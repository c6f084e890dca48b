#include "studies/heat_signature/experiment/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <variant>

#include "core/error.h"
#include "core/json.h"

namespace studyhall::heat_signature {
namespace {

struct RealField {
  double Settings::*member;
};
struct IntField {
  int Settings::*member;
  int low;
  int high;
};
struct StrategyField {};
struct Field {
  std::string_view name;
  std::variant<RealField, IntField, StrategyField> kind;
};

constexpr int kMostEvals = 10'000;

const std::array<Field, 9> kFields{{
    {"threshold_1src", RealField{&Settings::threshold_1src}},
    {"threshold_2src", RealField{&Settings::threshold_2src}},
    {"fallback_sigma", RealField{&Settings::fallback_sigma}},
    {"init_strategy", StrategyField{}},
    {"refine_iters", IntField{&Settings::refine_iters, 0, kMostEvals}},
    {"refine_top", IntField{&Settings::refine_top, 0, static_cast<int>(kMaxCandidates)}},
    {"fallback_fevals", IntField{&Settings::fallback_fevals, 0, kMostEvals}},
    {"fevals_1src", IntField{&Settings::fevals_1src, 1, kMostEvals}},
    {"fevals_2src", IntField{&Settings::fevals_2src, 1, kMostEvals}},
}};

template <typename Number>
std::optional<Number> parse(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// What was expected; empty if `text` is that and was assigned.
std::string assign(const Field& field, const std::string& text, Settings& settings) {
  if (const auto* real = std::get_if<RealField>(&field.kind)) {
    const auto value = parse<double>(text);
    if (!value || !std::isfinite(*value) || *value <= 0) return "a number above 0";
    settings.*(real->member) = *value;
  } else if (const auto* integer = std::get_if<IntField>(&field.kind)) {
    const auto value = parse<int>(text);
    if (!value || *value < integer->low || *value > integer->high) {
      return fmt::format("an integer from {} to {}", integer->low, integer->high);
    }
    settings.*(integer->member) = *value;
  } else {
    for (const InitStrategy strategy : {InitStrategy::Smart, InitStrategy::Random,
                                        InitStrategy::Triangulation, InitStrategy::Grid}) {
      if (text != to_string(strategy)) continue;
      settings.init_strategy = strategy;
      return {};
    }
    return "smart, random, triangulation or grid";
  }
  return {};
}

// "--threshold-1src" for threshold_1src.
std::string flag_of(std::string_view name) {
  std::string flag = "--";
  for (const char c : name) flag += c == '_' ? '-' : c;
  return flag;
}

std::string variable_of(std::string_view name) {
  std::string variable = "STUDY_PARAM_";
  for (const char c : name) variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return variable;
}

// A value and where it was found, for messages.
struct Given {
  std::string from;
  std::string text;
};
// By field name, and "seed", "samples", "out".
using AllGiven = std::map<std::string, Given, std::less<>>;

std::string plain_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

void read_config(const std::string& path, AllGiven& given, std::vector<Problem>& problems) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    throw Error(ErrorCode::NotFound, fmt::format("--config {}: cannot read this file", path));
  }
  const Json json = parse_json(text.str(), path);
  const bool wrapped = json.is_object() && json.contains("params");
  const Json& params = wrapped ? json.at("params") : json;
  if (!params.is_object()) {
    problems.push_back({path, "expected an object of parameters, found " + brief(params)});
    return;
  }
  for (const auto& [name, value] : params.items()) {
    const auto is_named = [&name = name](const Field& field) { return field.name == name; };
    if (std::none_of(kFields.begin(), kFields.end(), is_named)) {
      problems.push_back({path, "unknown parameter " + name});
    }
    given.try_emplace(name, Given{path + " " + name, plain_text(value)});
  }
  if (wrapped && json.contains("seed")) {
    given.try_emplace("seed", Given{path + " seed", plain_text(json.at("seed"))});
  }
}

void read_environment(const Environment& environment, AllGiven& given) {
  for (const Field& field : kFields) {
    const std::string variable = variable_of(field.name);
    const auto value = environment(variable);
    if (value) given.try_emplace(std::string(field.name), Given{variable, *value});
  }
  if (const auto seed = environment("STUDY_SEED"))
    given.try_emplace("seed", Given{"STUDY_SEED", *seed});
}

// Returns the --config file, empty if none.
std::string read_arguments(const std::vector<std::string>& args, AllGiven& given, bool& help,
                           std::vector<Problem>& problems) {
  std::map<std::string, std::string> names{
      {"--seed", "seed"}, {"--samples", "samples"}, {"--out", "out"}, {"--config", "config"}};
  for (const Field& field : kFields) names[flag_of(field.name)] = field.name;
  std::string config;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--help" || args[i] == "-h") {
      help = true;
      continue;
    }
    const std::size_t equals = args[i].find('=');
    const std::string flag = args[i].substr(0, equals);
    const auto name = names.find(flag);
    if (name == names.end()) {
      problems.push_back({args[i], "unknown argument; --help lists them"});
      continue;
    }
    if (equals == std::string::npos && i + 1 == args.size()) {
      problems.push_back({flag, "a value must follow"});
      continue;
    }
    const std::string value = equals == std::string::npos ? args[++i] : args[i].substr(equals + 1);
    if (name->second == "config") {
      config = value;
    } else if (!given.try_emplace(name->second, Given{flag, value}).second) {
      problems.push_back({flag, "given twice"});
    }
  }
  return config;
}

}  // namespace

Options parse_options(const std::vector<std::string>& args, const Environment& environment) {
  Options options;
  AllGiven given;
  std::vector<Problem> problems;
  const std::string config = read_arguments(args, given, options.help, problems);
  if (options.help) return options;
  if (!config.empty()) read_config(config, given, problems);
  read_environment(environment, given);

  const auto refuse = [&](const Given& value, std::string_view expected) {
    problems.push_back(
        {value.from, fmt::format("expected {}, found \"{}\"", expected, value.text)});
  };
  for (const Field& field : kFields) {
    const auto value = given.find(field.name);
    if (value == given.end()) continue;
    const std::string expected = assign(field, value->second.text, options.settings);
    if (!expected.empty()) refuse(value->second, expected);
  }
  if (const auto value = given.find("seed"); value != given.end()) {
    const auto seed = parse<std::uint64_t>(value->second.text);
    if (!seed) refuse(value->second, "an integer of at least 0");
    options.seed = seed.value_or(0);
  }
  if (const auto value = given.find("samples"); value != given.end()) {
    const auto samples = parse<int>(value->second.text);
    // Two samples: one with one source, one with two.
    if (!samples || *samples < 2 || *samples > 10'000) {
      refuse(value->second, "an integer from 2 to 10000");
    }
    options.samples = samples.value_or(kSamples);
  }
  if (const auto value = given.find("out"); value != given.end()) options.out = value->second.text;
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "heat_signature", problems);
  return options;
}

std::string_view help_text() {
  return R"(heat_signature: finds the hidden heat sources of many plates and scores the answers.

  heat_signature --config config.json --out result.json
  heat_signature --init-strategy grid --refine-top 3 --seed 7

  --config FILE            parameters as JSON: {"name": value, ...}, or {"params": {...}, "seed": n}
  --out FILE               where the result goes (result.json)
  --seed N                 which samples (STUDY_SEED, else 0)
  --samples N              how many, 2 to 10000 (120)

  --threshold-1src X       residual above which the wider search follows, one source (0.35)
  --threshold-2src X       the same with two sources (0.45)
  --fallback-sigma X       initial step of the wider search, plate lengths (0.2)
  --init-strategy S        smart, random, triangulation or grid (smart)
  --refine-iters N         steps of each refinement (3)
  --refine-top N           candidates that are refined, 0 to 3 (2)
  --fallback-fevals N      candidates that the wider search evaluates (18)
  --fevals-1src N          candidates that the first search evaluates, one source (20)
  --fevals-2src N          the same with two sources (36)

A parameter that is not given comes from --config, else from STUDY_PARAM_<NAME>
(STUDY_PARAM_THRESHOLD_1SRC), else it has its default.

Prints its progress and "Submission Score: S"; writes {"score", "runtime_min", "rmse_1src",
"rmse_2src", ...}. Exit status: 0 done, 1 failed, 2 wrong use.
)";
}

}  // namespace studyhall::heat_signature
