// The JSON forms of the verbs' requests and answers: what goes over HTTP, what --json prints.
//
// *_from_json throws Error(Malformed) with every problem (unknown field with the nearest known one,
// wrong type); NaN and infinities, which JSON does not have, are refused as values by name ("NaN"
// as a string included).
#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "core/study_api.h"

namespace studyhall {

Json to_json(const StudyInfo& info);
StudyInfo study_info_from_json(const Json& json);

Json to_json(const AskRequest& request);
AskRequest ask_request_from_json(const Json& json);
// {"trials": [{"number", "params", "lease": {"token", "expires_at"}, "attempt", "purpose", ...}],
//  "tasks"?: [...], "retry_after_s"?}; of a Finished or Exhausted answer use error_json instead.
Json to_json(const AskAnswer& answer);
AskAnswer ask_answer_from_json(const Json& json);

// {"value" | "values", "state", "reason", "metrics", "usage", "evidence", "note", "lease",
// "request_id"}
Json to_json(const TellRequest& request);
TellRequest tell_request_from_json(const Json& json);
Json to_json(const TellAnswer& answer);
TellAnswer tell_answer_from_json(const Json& json);

Json to_json(const ParkRequest& request);
ParkRequest park_request_from_json(const Json& json);
// {"reason", "author"}; an empty or absent body is an empty request.
Json to_json(const PersonalRequest& request);
PersonalRequest personal_request_from_json(const Json& json);
Json to_json(const InsightRequest& request);
InsightRequest insight_request_from_json(const Json& json);
Json to_json(const Insight& insight);
Insight insight_from_json(const Json& json);
Json to_json(const WorkerInfo& worker);
WorkerInfo worker_info_from_json(const Json& json);

Json to_json(const TaskRequest& request);
TaskRequest task_request_from_json(const Json& json);
Json to_json(const TaskTell& request);
TaskTell task_tell_from_json(const Json& json);
Json to_json(const TaskTellAnswer& answer);
TaskTellAnswer task_tell_answer_from_json(const Json& json);
// The members of the task, and "lease_expires".
Json to_json(const TaskView& view);
TaskView task_view_from_json(const Json& json);

// {"items": [...]} are of QueueItems; a topic's {"similar"} of SimilarTopics.
Json to_json(const QueueItem& item);
QueueItem queue_item_from_json(const Json& json);
// A null "for" or "wave" takes it away.
Json to_json(const QueueChange& change);
QueueChange queue_change_from_json(const Json& json);
Json to_json(const TopicRequest& request);
TopicRequest topic_request_from_json(const Json& json);
Json to_json(const Topic& topic);
Topic topic_from_json(const Json& json);
Json to_json(const TopicAnswer& answer);
TopicAnswer topic_answer_from_json(const Json& json);
Json to_json(const TopicStep& step);
TopicStep topic_step_from_json(const Json& json);
Json to_json(const Question& question);
Question question_from_json(const Json& json);
Json to_json(const QuestionRequest& request);
QuestionRequest question_request_from_json(const Json& json);
Json to_json(const AnswerRequest& request);
AnswerRequest answer_request_from_json(const Json& json);
Json to_json(const ResultsRequest& request);
ResultsRequest results_request_from_json(const Json& json);
Json to_json(const ResultsAnswer& answer);
ResultsAnswer results_answer_from_json(const Json& json);

Json to_json(const BeatRequest& request);
BeatRequest beat_request_from_json(const Json& json);
Json to_json(const ReportRequest& request);
ReportRequest report_request_from_json(const Json& json);
Json to_json(const BeatAnswer& answer);
BeatAnswer beat_answer_from_json(const Json& json);

Json to_json(const EnqueueRequest& request);
EnqueueRequest enqueue_request_from_json(const Json& json);
Json to_json(const EnqueueAnswer& answer);
EnqueueAnswer enqueue_answer_from_json(const Json& json);

// One objective: "value"; several: "values". Infinite values, which Optuna may have written, are
// the strings "inf" and "-inf".
Json to_json(const TrialView& trial);
TrialView trial_view_from_json(const Json& json);
// {"trials", "last_event", "names", "columns", "intermediate", "quantiles"}
Json to_json(TrialColumns columns);
TrialColumns trial_columns_from_json(const Json& json);
Json to_json(const BestRow& row);
BestRow best_row_from_json(const Json& json);
// {"importance": [{"name", "importance", "variance", "trials"}], "trials", "target_trials",
// "informative"}
Json to_json(const ImportanceAnswer& answer);
ImportanceAnswer importance_answer_from_json(const Json& json);
// {"number", "sampler", "values": [{"name", "value", "source"}], "why", "terms": [{"name",
// "value"}], "doubt", ...}
Json to_json(const Explanation& explanation);
Explanation explanation_from_json(const Json& json);
Json to_json(const Event& event);
Event event_from_json(const Json& json);

// {"error": {"code", "message", "details"}}
Json error_json(std::string_view code, std::string_view message, const Json& details = nullptr);
Json error_json(const Error& error);
// The Error that error_json printed; `status` decides where the body is not of that form.
Error error_from_json(const Json& json, int status);

}  // namespace studyhall
