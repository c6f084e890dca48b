#include "core/queue.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/enum_names.h"
#include "core/priority.h"
#include "core/study_api_json_reader.h"
#include "core/study_spec.h"
#include "core/tags.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 9> kWaitReasons{
    "hold", "trial", "task", "wave", "resource", "tag_limit", "topic", "no_worker", "study"};
constexpr std::array<std::string_view, 3> kQuestionStates{"open", "answered", "moot"};
constexpr std::array<const char*, 6> kTerms{"hold", "wave", "for", "needs", "on_complete", "topic"};
constexpr std::size_t kMostFollowUps = 20;
constexpr std::string_view kName =
    "a name: 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with '.' or '-'";

void read_name(const JsonField& field, std::string& into) {
  const auto name = field.string(kName);
  if (!name) return;
  if (!is_valid_name(*name)) {
    field.report_expected(kName);
    return;
  }
  into = *name;
}

FollowUp read_follow_up(const JsonField& field) {
  FollowUp next;
  ObjectReader object(field, "a task to add: \"title\", \"description\", \"priority\", \"tags\"");
  put(next.title, object.field("title").required("a text").string());
  put(next.description, object.field("description").string());
  put(next.priority, read_priority(object.field("priority")));
  if (const JsonField tags = object.field("tags")) next.tags = read_tags(tags);
  object.close();
  return next;
}

Json to_json(const FollowUp& next) {
  Json json{{"title", next.title}};
  if (!next.description.empty()) json["description"] = next.description;
  if (next.priority != 0) json["priority"] = next.priority;
  if (!next.tags.empty()) json["tags"] = next.tags;
  return json;
}

}  // namespace

std::string to_string(const WorkRef& work) {
  return fmt::format("{} {}", work.is_task ? "task" : "trial", work.number);
}

void put_queue_terms(Json& into, const QueueTerms& terms) {
  if (terms.hold) into["hold"] = true;
  if (terms.wave) into["wave"] = *terms.wave;
  if (!terms.worker.empty()) into["for"] = terms.worker;
  if (!terms.needs.empty()) into["needs"] = terms.needs;
  for (const FollowUp& next : terms.on_complete) into["on_complete"].push_back(to_json(next));
  if (!terms.topic.empty()) into["topic"] = terms.topic;
}

bool has_queue_terms(const Json& json) {
  return std::ranges::any_of(kTerms, [&](const char* name) { return json.contains(name); });
}

QueueTerms read_queue_terms(MessageReader& reader) {
  QueueTerms terms;
  put(terms.hold, reader.field("hold").boolean());
  if (const auto wave = reader.field("wave").integer(0, kMostWaves)) {
    terms.wave = static_cast<int>(*wave);
  }
  read_name(reader.field("for"), terms.worker);
  if (const JsonField needs = reader.field("needs")) terms.needs = read_tags(needs);
  const JsonField follow_ups = reader.field("on_complete");
  if (const auto items = follow_ups.list("a list of tasks to add")) {
    for (const JsonField& item : *items) terms.on_complete.push_back(read_follow_up(item));
    if (items->size() > kMostFollowUps) {
      follow_ups.report(
          fmt::format("expected at most {} tasks, found {}", kMostFollowUps, items->size()));
    }
  }
  read_name(reader.field("topic"), terms.topic);
  return terms;
}

std::string_view to_string(WaitReason reason) { return enum_name(kWaitReasons, reason); }

std::optional<WaitReason> wait_reason_from_string(std::string_view name) {
  return enum_from_name<WaitReason>(kWaitReasons, name);
}

std::string_view to_string(QuestionState state) { return enum_name(kQuestionStates, state); }

std::optional<QuestionState> question_state_from_string(std::string_view name) {
  return enum_from_name<QuestionState>(kQuestionStates, name);
}

}  // namespace studyhall
