#include "server/outside_rows.h"

#include <algorithm>

#include "core/space_edit.h"

namespace studyhall::server {

std::vector<BestRow> outside_rows(const StudyModel& study) {
  std::vector<BestRow> rows;
  if (study.spec().directions.size() > 1) return rows;
  TrialOutline seen;
  for (std::size_t n = 0; n < study.trials().size(); ++n) {
    study.trials().read(n, seen);
    const bool inside = seen.fit == Fit::Exact && study.space().contains(seen.config);
    if (seen.state != TrialState::Complete || inside) continue;
    const Trial trial = study.trials()[n];
    BestRow row;
    row.number = trial.number;
    row.params = params_of(study.space(), trial);
    row.worker = trial.record.worker;
    row.value = trial.values.front();
    row.metrics = trial.metrics;
    row.n = 1;
    row.feasible = trial.constraints.size() == study.spec().constraints.size() &&
                   std::all_of(trial.constraints.begin(), trial.constraints.end(),
                               [](double c) { return c <= 0; });
    row.version = trial.record.version;
    row.outside = true;
    rows.push_back(std::move(row));
  }
  const bool maximize = study.spec().directions.front() == Direction::Maximize;
  std::stable_sort(rows.begin(), rows.end(), [&](const BestRow& a, const BestRow& b) {
    return maximize ? a.value > b.value : a.value < b.value;
  });
  return rows;
}

}  // namespace studyhall::server
