// A StudyApi whose verbs a test scripts.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "core/study_api.h"

namespace studyhall::testing {

class MockStudyApi : public StudyApi {
 public:
  MOCK_METHOD(StudyInfo, create_study, (const Json&), (override));
  MOCK_METHOD(std::vector<StudyInfo>, studies, (), (override));
  MOCK_METHOD(StudyInfo, study, (const std::string&), (override));
  MOCK_METHOD(void, delete_study, (const std::string&), (override));
  MOCK_METHOD(void, stop_study, (const std::string&, const std::string&), (override));
  MOCK_METHOD(void, resume_study, (const std::string&), (override));
  MOCK_METHOD(AskAnswer, ask, (const std::string&, const AskRequest&), (override));
  MOCK_METHOD(TellAnswer, tell, (const std::string&, std::int64_t, const TellRequest&), (override));
  MOCK_METHOD(BeatAnswer, report, (const std::string&, std::int64_t, const ReportRequest&),
              (override));
  MOCK_METHOD(BeatAnswer, heartbeat, (const std::string&, std::int64_t, const BeatRequest&),
              (override));
  MOCK_METHOD(void, release, (const std::string&, std::int64_t, const std::string&), (override));
  MOCK_METHOD(EnqueueAnswer, enqueue, (const std::string&, const EnqueueRequest&), (override));
  MOCK_METHOD(ResultsAnswer, add_results, (const std::string&, const ResultsRequest&), (override));
  MOCK_METHOD(void, requeue, (const std::string&, std::int64_t, const PersonalRequest&),
              (override));
  MOCK_METHOD(std::vector<QueueItem>, queue, (const std::string&), (override));
  MOCK_METHOD(void, change_queued, (const std::string&, const WorkRef&, const QueueChange&),
              (override));
  MOCK_METHOD(TopicAnswer, add_topic, (const std::string&, const TopicRequest&), (override));
  MOCK_METHOD(std::vector<Topic>, topics, (const std::string&), (override));
  MOCK_METHOD(Question, ask_question, (const std::string&, const WorkRef&, const QuestionRequest&),
              (override));
  MOCK_METHOD(std::vector<Question>, questions, (const std::string&, const QuestionQuery&),
              (override));
  MOCK_METHOD(Question, answer_question, (const std::string&, std::int64_t, const AnswerRequest&),
              (override));
  MOCK_METHOD(StudyInfo, edit_study, (const std::string&, const EditRequest&), (override));
  MOCK_METHOD(BeatAnswer, park, (const std::string&, std::int64_t, const ParkRequest&), (override));
  MOCK_METHOD(void, void_trial, (const std::string&, std::int64_t, const PersonalRequest&),
              (override));
  MOCK_METHOD(std::vector<WorkerInfo>, workers, (const std::string&), (override));
  MOCK_METHOD(void, release_worker,
              (const std::string&, const std::string&, const PersonalRequest&), (override));
  MOCK_METHOD(Insight, add_insight, (const std::string&, const InsightRequest&), (override));
  MOCK_METHOD(std::vector<Insight>, insights, (const std::string&, bool), (override));
  MOCK_METHOD(void, retire_insight, (const std::string&, std::int64_t, const PersonalRequest&),
              (override));
  MOCK_METHOD(std::int64_t, add_task, (const std::string&, const TaskRequest&), (override));
  MOCK_METHOD(std::vector<TaskView>, tasks, (const std::string&, const TaskQuery&), (override));
  MOCK_METHOD(TaskView, task, (const std::string&, std::int64_t), (override));
  MOCK_METHOD(TaskTellAnswer, tell_task, (const std::string&, std::int64_t, const TaskTell&),
              (override));
  MOCK_METHOD(BeatAnswer, heartbeat_task, (const std::string&, std::int64_t, const BeatRequest&),
              (override));
  MOCK_METHOD(BeatAnswer, park_task, (const std::string&, std::int64_t, const ParkRequest&),
              (override));
  MOCK_METHOD(void, release_task, (const std::string&, std::int64_t, const std::string&),
              (override));
  MOCK_METHOD(void, cancel_task, (const std::string&, std::int64_t, const PersonalRequest&),
              (override));
  MOCK_METHOD(std::vector<TrialView>, trials, (const std::string&, const TrialQuery&), (override));
  MOCK_METHOD(TrialView, trial, (const std::string&, std::int64_t), (override));
  MOCK_METHOD(TrialColumns, columns, (const std::string&, const ColumnsRequest&), (override));
  MOCK_METHOD(Explanation, explain, (const std::string&, std::int64_t), (override));
  MOCK_METHOD(std::vector<BestRow>, best, (const std::string&, int), (override));
  MOCK_METHOD(ImportanceAnswer, importance, (const std::string&, const ImportanceRequest&),
              (override));
  MOCK_METHOD(std::vector<Event>, events, (const std::string&, std::int64_t, int), (override));
};

}  // namespace studyhall::testing
