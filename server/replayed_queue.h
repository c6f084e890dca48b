// Events of the queue, topics, questions and results from elsewhere, applied again.
#pragma once

#include <vector>

#include "core/event.h"
#include "server/study_model.h"

namespace studyhall::server {

// The queue's terms that an Enqueued or TaskAdded event has.
QueueTerms terms_of(const Event& event);

// REQUIRES: QueueChanged, Requeued, Imported, TopicAdded, QuestionAsked or QuestionAnswered. Throws
// as ReplayedStudy::take() does.
std::vector<storage::Change> apply_queue_event(StudyModel& study, const Event& event);

}  // namespace studyhall::server
