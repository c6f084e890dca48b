#include "worker_shim/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestScoreFile = 16'000'000;
constexpr std::size_t kLongestPiece = 8192;  // std::regex takes stack for each character

struct Found {
  std::optional<double> number;
  std::string problem;
  bool absent = false;
};

Found number_at(const Json& json, const std::string& pointer, const std::string& file) {
  const Json::json_pointer where(pointer);
  if (!json.contains(where)) {
    return {std::nullopt, fmt::format("{} has nothing at \"{}\"", file, pointer), true};
  }
  const Json& value = json.at(where);
  if (!value.is_number()) {
    return {std::nullopt,
            fmt::format("{} has {} at \"{}\"; expected a number", file, brief(value), pointer)};
  }
  const auto number = value.get<double>();
  if (!std::isfinite(number)) {
    return {std::nullopt, fmt::format("{} has an infinite number at \"{}\"", file, pointer)};
  }
  return {number, {}};
}

// The metric of the study file that `name` is made of: itself, or the time that it normalises.
const std::string& measured_name(const ScoreSpec& spec, const std::string& name) {
  const auto base =
      std::find_if(spec.time_metrics.begin(), spec.time_metrics.end(),
                   [&](const std::string& one) { return normalised_name(one) == name; });
  return base == spec.time_metrics.end() ? name : *base;
}

void read_metrics(const Json& json, const ScoreSpec& spec, const std::vector<std::string>& required,
                  double time_ratio, Score& score) {
  for (const auto& [name, pointer] : spec.metrics) {
    const Found found = number_at(json, pointer, spec.file);
    if (found.number) {
      score.metrics[name] = *found.number;
    } else {
      score.notes.push_back(fmt::format("metric {}: {}", name, found.problem));
    }
  }
  for (const std::string& name : spec.time_metrics) {
    const auto time = score.metrics.find(name);
    if (time == score.metrics.end()) continue;
    score.metrics[normalised_name(name)] = time->second / time_ratio;
    score.evidence["time_ratio"] = time_ratio;
  }
  for (const std::string& name : required) {
    if (score.metrics.contains(name) || !score.problem.empty()) continue;
    const auto pointer = spec.metrics.find(measured_name(spec, name));
    score.problem = fmt::format("no metric {}, which a constraint of the study needs: {}", name,
                                pointer == spec.metrics.end()
                                    ? "experiment.score.metrics does not say where it is"
                                    : number_at(json, pointer->second, spec.file).problem);
  }
}

// All of the values, or the first problem.
void read_values(const Json& json, const ScoreSpec& spec, Score& score) {
  for (const std::string& pointer : spec.values) {
    const Found found = number_at(json, pointer, spec.file);
    if (!found.number) {
      score.values.clear();
      score.problem = found.problem;
      score.absent = found.absent;
      return;
    }
    score.values.push_back(*found.number);
  }
}

}  // namespace

Score read_score_file(const std::filesystem::path& workspace, const ScoreSpec& spec,
                      const std::vector<std::string>& required, double time_ratio) {
  Score score;
  try {
    const auto text = read_file(workspace / spec.file, kLongestScoreFile);
    if (!text) {
      score.problem = fmt::format("{} was not written", spec.file);
      score.absent = true;
      return score;
    }
    score.evidence["score_file_sha256"] = sha256_hex(*text);
    const Json json = parse_json(*text, spec.file);
    read_values(json, spec, score);
    read_metrics(json, spec, required, time_ratio, score);
  } catch (const Error& error) {
    score.values.clear();
    score.problem = error.what();
  }
  return score;
}

PatternSearch::PatternSearch(std::string pattern)
    : pattern_(std::move(pattern)),
      out_(kLongestPiece, LongLine::Split, [this](std::string_view line) { search(line); }),
      err_(kLongestPiece, LongLine::Split, [this](std::string_view line) { search(line); }) {
  try {
    regex_ = std::regex(pattern_, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    throw Error(ErrorCode::Invalid,
                fmt::format("score.pattern \"{}\" is not a regular expression: {}", pattern_,
                            error.what()));
  }
}

void PatternSearch::feed(Stream stream, std::string_view output) {
  (stream == Stream::Out ? out_ : err_).feed(output);
}

void PatternSearch::search(std::string_view line) {
  const std::cregex_iterator end;
  for (std::cregex_iterator match(line.data(), line.data() + line.size(), regex_); match != end;
       ++match) {
    last_.clear();
    if (match->size() == 1) last_.push_back(match->str());
    for (std::size_t group = 1; group < match->size(); ++group) {
      last_.push_back((*match)[group].str());
    }
  }
}

Score PatternSearch::finish() {
  err_.finish();
  out_.finish();
  Score score;
  score.evidence["pattern"] = pattern_;
  if (last_.empty()) {
    score.problem = fmt::format("no output matches score.pattern \"{}\"", pattern_);
    score.absent = true;
    return score;
  }
  score.evidence["matched"] = last_.size() == 1 ? Json(last_.front()) : Json(last_);
  for (const std::string& text : last_) {
    const auto number = parse_number(text);
    if (!number || !std::isfinite(*number)) {
      score.values.clear();
      score.problem = fmt::format("score.pattern found {}; expected a finite number", brief(text));
      return score;
    }
    score.values.push_back(*number);
  }
  return score;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace studyhall::worker_shim
