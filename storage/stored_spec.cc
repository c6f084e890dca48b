#include "storage/stored_spec.h"

#include <fmt/format.h>

#include "storage/optuna_distribution.h"

namespace studyhall::storage {
namespace {

std::shared_ptr<const StoredSpec> parse_stored(StudyId study, std::string_view text) {
  auto stored = std::make_shared<StoredSpec>();
  try {
    stored->spec = parse_study_spec(parse_json(text, "the stored study file"));
  } catch (const Error& error) {
    throw Error(ErrorCode::Corrupt,
                fmt::format("study {}: this build cannot read its stored study file: {}", study,
                            error.what()));
  }
  for (const Parameter& parameter : stored->spec->space.params()) {
    if (parameter.absent) {
      stored->edited.push_back(stored->distributions.size());
    }
    stored->positions.emplace(parameter.name, stored->distributions.size());
    stored->distributions.push_back(distribution_json(parameter));
  }
  return stored;
}

}  // namespace

std::shared_ptr<const StoredSpec> SpecCache::find(StudyId study, std::string_view text) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[study];
  if (!entry.stored || entry.text != text) {
    entry = {std::string(text), parse_stored(study, text)};
  }
  return entry.stored;
}

}  // namespace studyhall::storage
