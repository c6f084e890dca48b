// What a waiting trial or task is bound to, besides its tags and what it is to follow, and how the
// queue of a study is seen and changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/json.h"

namespace studyhall {

class MessageReader;

// A trial or a task of a study.
struct WorkRef {
  bool is_task = false;
  std::int64_t number = -1;
  bool operator==(const WorkRef&) const = default;
};
// "trial 7", "task 3".
std::string to_string(const WorkRef& work);

// A task to add once a trial is complete or a task is done.
struct FollowUp {
  std::string title;
  std::string description{};
  double priority = 0;
  std::vector<std::string> tags{};  // sorted
  bool operator==(const FollowUp&) const = default;
};

struct QueueTerms {
  bool hold = false;               // waits for a person's approval
  std::optional<int> wave;         // handed out only once everything of a lower wave has ended
  std::string worker;              // only for this one ("for"); empty: any
  std::vector<std::string> needs;  // sorted: never runs while another that needs one of them does
  std::vector<FollowUp> on_complete;
  std::string topic;  // of a trial: the topic it belongs to; empty: none
  bool operator==(const QueueTerms&) const = default;
  // Whether they let it go at any time, to anybody.
  [[nodiscard]] bool is_free() const {
    return !hold && !wave && worker.empty() && needs.empty() && topic.empty();
  }
};
inline constexpr int kMostWaves = 1'000'000;

// Sets the members "hold", "wave", "for", "needs", "on_complete" and "topic", those that say
// something.
void put_queue_terms(Json& into, const QueueTerms& terms);
[[nodiscard]] bool has_queue_terms(const Json& json);
// The same members of a message.
QueueTerms read_queue_terms(MessageReader& reader);

// Why something that waits cannot go now.
enum class WaitReason { Hold, Trial, Task, Wave, Resource, TagLimit, Topic, NoWorker, Study };
// "hold", "trial", "task", "wave", "resource", "tag_limit", "topic", "no_worker", "study".
std::string_view to_string(WaitReason reason);
std::optional<WaitReason> wait_reason_from_string(std::string_view name);

struct Hindrance {
  WaitReason why = WaitReason::Hold;
  std::string text;  // for people: "it waits for approval", "trial 12 is to end before"
};

// One that waits, as users see it.
struct QueueItem {
  WorkRef work;
  std::string title;
  double priority = 0;
  std::vector<std::string> tags;
  Json params;  // of a trial: the values given; null of a task
  QueueTerms terms;
  std::string author;
  std::vector<std::int64_t> after_trials;
  std::vector<std::int64_t> after_tasks;
  bool retried = false;              // was handed out before
  std::vector<Hindrance> waits_for;  // empty: the next worker that takes its tags gets it
};

// Only what is set changes.
struct QueueChange {
  std::optional<double> priority{};
  std::optional<bool> hold{};
  std::optional<std::string> worker{};  // empty: any
  std::optional<int> wave{};            // -1: none
  std::string author{};                 // empty: "user"
  std::string reason{};
};

// --- Topics: several trials about one thing, one after another, by one worker ---

inline constexpr int kMostTrialsOfTopic = 100;

struct TopicRequest {
  std::string name;  // as a worker's
  std::string family{};
  std::string hypothesis{};
  std::string success{};         // what would show that it holds
  Json params = Json::object();  // that all its trials have; the sampler chooses the rest
  int trials = 5;                // 1 to kMostTrialsOfTopic
  double priority = 0;
  std::vector<std::string> tags{};
  std::string worker{};  // only for this one
  bool hold = false;
  bool anyway = false;   // though there are topics like it
  std::string author{};  // empty: "user"
};

struct Topic {
  std::string name;
  std::string family;
  std::string hypothesis;
  std::string success;
  Json params;
  std::vector<std::int64_t> numbers;  // of its trials, ascending
  bool open = false;                  // one of them waits or runs
  std::string worker;                 // who had the last of them; empty: nobody yet
  std::optional<std::int64_t> best_number;
  std::optional<double> best_value;  // of one objective, feasible
  std::string author;
  Timestamp created;
};

// An earlier topic that is like the one asked for, and why: "name", "family" or "params".
struct SimilarTopic {
  std::string why;
  Topic topic;
};

struct TopicAnswer {
  bool created = false;
  std::vector<std::int64_t> numbers;  // of the new trials
  std::vector<SimilarTopic> similar;
};

// What a worker learns of the topic of the trial that it was given.
struct TopicStep {
  std::string name;
  std::string family;
  std::string hypothesis;
  std::string success;
  int index = 1;  // of this trial among the topic's, from 1
  int of = 1;
  std::int64_t after = -1;  // the topic's last trial that ended complete, to go on from; -1: none
};

// --- Questions of agents to people ---

enum class QuestionState {
  Open,
  Answered,
  Moot,  // its trial or task ended or passed to another before the answer
};
// "open", "answered", "moot".
std::string_view to_string(QuestionState state);
std::optional<QuestionState> question_state_from_string(std::string_view name);

struct Question {
  std::int64_t id = 0;  // 1, 2, ... within the study
  WorkRef work;
  std::string worker;
  std::string text;
  Timestamp asked;
  QuestionState state = QuestionState::Open;
  std::string answer;  // empty until answered
  std::optional<Timestamp> answered;
  std::string author;  // of the answer
};

struct QuestionRequest {
  std::string text;
  std::string lease;  // of the trial or task; empty: allowed while it has had only one
};

struct QuestionQuery {
  bool open = false;     // only those that wait for an answer
  std::string worker{};  // empty: any
};

struct AnswerRequest {
  std::string text;
  std::string author{};  // empty: "user"
};

// The lease of who asked is kept so long for an answer.
inline constexpr int kAnswerDays = 7;

}  // namespace studyhall
