// Where the variants of a study stand, in files of its folder while they run: progress.json,
// summary.md and variants/NAME.json.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/variants.h"
#include "core/clock.h"
#include "core/study_api.h"

namespace studyhall::cli {

class VariantsReport {
 public:
  VariantsReport(StudyApi& api, std::string study, std::vector<Variant> variants,
                 std::filesystem::path folder, std::filesystem::path runs);

  // Looks, and writes what has changed since the last look: progress.json at every change,
  // summary.md and the variant's own file where one has ended. Returns a line for each variant
  // whose state has changed.
  std::vector<std::string> update(Timestamp now);

  [[nodiscard]] bool is_done() const;  // every run of every variant has ended
  [[nodiscard]] std::size_t complete() const;
  // {"study", "updated", "done", "counts": {state: n}, "variants": {NAME: {"state", "trials",
  // "worker", "stage", "score", "metrics", "branch", "workspace", "usage", "note"}}}.
  [[nodiscard]] const Json& progress() const { return progress_; }

 private:
  struct Standing {
    std::string state = "waiting";  // running; complete, pruned or failed once all its runs ended
    std::vector<TrialView> trials{};
  };
  void look();
  [[nodiscard]] Json standing_json(const Variant& variant, const Standing& standing) const;
  void write_variant(const Variant& variant, const Standing& standing) const;

  StudyApi& api_;
  std::string study_;
  std::vector<Variant> variants_;
  std::filesystem::path folder_;
  std::filesystem::path runs_;
  std::map<std::string, Standing> standings_;
  std::map<std::string, std::string> written_;  // what each variant's file was made of
  Json progress_;
};

}  // namespace studyhall::cli
