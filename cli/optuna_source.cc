#include "cli/optuna_source.h"

#include <fmt/format.h>

#include <cmath>

#include "cli/text.h"
#include "core/clock.h"
#include "core/error.h"
#include "storage/optuna_study.h"

namespace studyhall::cli {
namespace {

std::string only_study(const std::filesystem::path& file) {
  const auto studies = storage::optuna_studies(file);
  if (studies.size() == 1) return studies.front().name;
  if (studies.empty())
    throw Error(ErrorCode::Invalid, fmt::format("{} has no study", file.string()));
  std::string list;
  for (const auto& study : studies) {
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", printable(study.name),
                        count_of(static_cast<std::int64_t>(study.trials), "trial"));
  }
  throw Error(ErrorCode::Invalid, fmt::format("{} has {} studies: --optuna-study names one of {}",
                                              file.string(), studies.size(), list));
}

// JSON has neither NaN nor infinities.
Json finite_or_name(double value) {
  return std::isfinite(value) ? Json(value) : Json(fmt::format("{}", value));
}

std::string note_of(const storage::OptunaTrial& trial) {
  std::string note = trial.note;
  for (const auto& [name, value] : trial.attributes.items()) {
    if (value.is_number() || name == "worker") continue;
    const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
    note += fmt::format("{}{} = {}", note.empty() ? "" : "\n", name, text);
  }
  return note;
}

Json record_of(const storage::OptunaTrial& trial) {
  Json record{{"number", trial.number},
              {"state", to_string(trial.state)},
              {"params", trial.params},
              {"user_attrs", trial.attributes}};
  if (trial.values.size() == 1) record["value"] = finite_or_name(trial.values.front());
  for (const double value : trial.values) record["values"].push_back(finite_or_name(value));
  if (!trial.constraints.is_null()) record["constraints"] = trial.constraints;
  for (const auto& [step, value] : trial.intermediate)
    record["intermediate"][std::to_string(step)] = finite_or_name(value);
  if (trial.started) record["started"] = format_utc(*trial.started);
  if (trial.completed) record["completed"] = format_utc(*trial.completed);
  if (!trial.title.empty()) record["title"] = trial.title;
  if (const std::string note = note_of(trial); !note.empty()) record["note"] = note;
  return record;
}

}  // namespace

Source read_optuna_study(const std::filesystem::path& file, const std::string& study) {
  Source source;
  source.kind = SourceKind::Optuna;
  const std::string name = study.empty() ? only_study(file) : study;
  for (const storage::OptunaTrial& trial : storage::optuna_trials(file, name)) {
    const std::string origin = fmt::format("{}, trial {}", file.string(), trial.number);
    for (const std::string& problem : trial.problems)
      source.problems.push_back(fmt::format("{}: {}", origin, problem));
    if (trial.problems.empty()) source.records.push_back({origin, record_of(trial)});
  }
  return source;
}

}  // namespace studyhall::cli
