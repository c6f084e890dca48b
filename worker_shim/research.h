// Rounds in which an agent looks at what a study has found out and proposes what to try next.
//
// A round is a task that the worker adds for itself; its agent gets the study's tools, those to
// look and to propose only.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/study_api.h"
#include "worker_shim/plan.h"
#include "worker_shim/research_options.h"

namespace studyhall::worker_shim {

// The name of the server of the study's tools for the agent.
inline constexpr const char* kToolsServer = "studyhall";

// What a round may propose: as much more than `quota` as the proposals so far are better than the
// sampler's suggestions, at most twice and at least one; `quota` as long as fewer than five of them
// have results.
int adapted_quota(int quota, const std::optional<Proposals>& so_far);

class ResearchRounds {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // `api` must outlive it. `role` is the name that proposals are made in and the tag of the rounds.
  ResearchRounds(StudyApi& api, std::string study, std::string worker, std::string role,
                 ResearchOptions options);

  // Adds the task of a round where one is due and none is open; says what it did, else nothing.
  // Throws what the verbs throw.
  std::string begin_if_due(SteadyTime now);
  // A round has ended.
  void end(SteadyTime now) { ended_ = now; }
  // The study's state is not running any more: no round will be.
  [[nodiscard]] bool is_over() const { return over_; }
  // Gives the agent of `plan` the tools, for the quota of the round that was begun last.
  void equip(Plan& plan) const;

 private:
  [[nodiscard]] bool is_due(const StudyInfo& info, SteadyTime now);
  [[nodiscard]] std::string words_for(const StudyInfo& info,
                                      const std::optional<Proposals>& mine) const;

  StudyApi& api_;
  const std::string study_;
  const std::string worker_;
  const std::string role_;
  const ResearchOptions options_;
  int quota_;
  bool over_ = false;
  std::optional<SteadyTime> ended_;     // absent: no round yet
  std::optional<std::int64_t> leader_;  // as last seen
  std::int64_t done_at_leader_ = 0;     // trials that had ended when it came to lead
  std::int64_t done_at_round_ = 0;
};

}  // namespace studyhall::worker_shim
