#include "worker_shim/research.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace studyhall::worker_shim {

namespace {

constexpr std::int64_t kEnoughResults = 5;
constexpr std::string_view kTitle = "Research round";

std::int64_t done_of(const StudyInfo& info) {
  const auto count = [&](TrialState state) {
    const auto found = info.counts.find(std::string(to_string(state)));
    return found == info.counts.end() ? 0 : found->second;
  };
  return count(TrialState::Complete) + count(TrialState::Pruned) + count(TrialState::Fail);
}

// Whether `author` is the role's name; a server with tokens adds theirs: "scout (planner)".
bool is_by(const std::string& author, const std::string& role) {
  return author == role || author.starts_with(role + " (");
}

std::optional<Proposals> proposals_of(const StudyInfo& info, const std::string& role) {
  const auto found = std::ranges::find_if(
      info.proposals, [&](const Proposals& of_one) { return is_by(of_one.author, role); });
  if (found == info.proposals.end()) return std::nullopt;
  return *found;
}

}  // namespace

int adapted_quota(int quota, const std::optional<Proposals>& so_far) {
  if (!so_far || so_far->trials < kEnoughResults || !so_far->beats_sampler) return quota;
  const auto adapted = static_cast<int>(std::lround(2 * *so_far->beats_sampler * quota));
  return std::clamp(adapted, 1, std::max(1, 2 * quota));
}

ResearchRounds::ResearchRounds(StudyApi& api, std::string study, std::string worker,
                               std::string role, ResearchOptions options)
    : api_(api),
      study_(std::move(study)),
      worker_(std::move(worker)),
      role_(std::move(role)),
      options_(std::move(options)),
      quota_(options_.quota) {}

bool ResearchRounds::is_due(const StudyInfo& info, SteadyTime now) {
  const std::int64_t done = done_of(info);
  if (info.best_number != leader_) {
    leader_ = info.best_number;
    done_at_leader_ = done;
  }
  if (!ended_ || now - *ended_ >= options_.every) return true;
  return options_.stale > 0 && done - std::max(done_at_leader_, done_at_round_) >= options_.stale;
}

std::string ResearchRounds::begin_if_due(SteadyTime now) {
  const StudyInfo info = api_.study(study_);
  over_ = info.state != StudyState::Running;
  if (over_ || !is_due(info, now)) return {};
  for (const TaskState state : {TaskState::Waiting, TaskState::Running}) {
    for (const TaskView& view : api_.tasks(study_, {.state = state})) {
      if (is_by(view.task.author, role_) && view.task.title.starts_with(kTitle)) return {};
    }
  }
  const std::optional<Proposals> mine = proposals_of(info, role_);
  quota_ = adapted_quota(options_.quota, mine);
  done_at_round_ = done_of(info);
  TaskRequest request;
  request.title = fmt::format("{} after {} trials", kTitle, done_at_round_);
  request.description = words_for(info, mine);
  request.tags = {role_};
  request.retries = 0;
  request.author = role_;
  request.queue.worker = worker_;
  const std::int64_t number = api_.add_task(study_, request);
  return fmt::format("a research round begins: task {}, up to {} proposals", number, quota_);
}

std::string ResearchRounds::words_for(const StudyInfo& info,
                                      const std::optional<Proposals>& mine) const {
  std::string words = fmt::format(
      "Find out what to try next in study {0}, and propose it with the tools of {1}.\n\n"
      "1. Look: show and best (study \"{0}\"), importance, insights, topics, queue, and trials "
      "where "
      "you need them. A difference within the noise is none: heed intervals and the number of "
      "runs.\n"
      "2. Think about what the results say of the mechanism, and what would tell two explanations "
      "apart. Search the web where a method of the literature may help; keep the source.\n"
      "3. Propose up to {2} trials in all. add_topic for an idea that deserves several, with "
      "family, "
      "hypothesis (and its source) and what would show that it holds; heed the earlier topics that "
      "it "
      "answers with. enqueue for a single configuration, with a title.\n"
      "4. add_insight for what is now known, a sentence each, with the trial that shows it.\n"
      "5. Write SUMMARY.md: what you saw, what you proposed and why, what you would look at "
      "next.\n\n",
      study_, kToolsServer, quota_);
  words += fmt::format("So far {} trials have ended", done_of(info));
  if (info.best_number) {
    words += fmt::format(", and trial {} leads with {:.6g}", *info.best_number,
                         info.best_value.value_or(std::nan("")));
  }
  words += ".";
  if (mine && mine->beats_sampler) {
    words += fmt::format(
        " Of your proposals {} have results, the best {:.6g} (trial {}); one of them is better "
        "than "
        "one of the sampler's suggestions with probability {:.2f}.",
        mine->trials, mine->best_value.value_or(std::nan("")), mine->best_number.value_or(-1),
        *mine->beats_sampler);
  }
  return words;
}

void ResearchRounds::equip(Plan& plan) const {
  auto study = std::make_shared<StudySpec>(*plan.study);
  Json server = options_.tools_server;
  for (const std::string& word :
       {std::string("--propose-as"), role_, std::string("--quota"), std::to_string(quota_)}) {
    server["args"].push_back(word);
  }
  study->experiment->claude.mcp[kToolsServer] = std::move(server);
  plan.study = std::move(study);
}

}  // namespace studyhall::worker_shim
