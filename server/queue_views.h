// The queue, topics and questions of a study in the form that users see.
#pragma once

#include <vector>

#include "core/queue.h"
#include "core/study_api.h"
#include "server/study_model.h"

namespace studyhall::server {

// In the order of handing out.
std::vector<QueueItem> view_queue(const StudyModel& study, Timestamp now);
// With its results so far.
Topic view_topic(const StudyModel& study, const Topic& topic);
// Earlier topics of the same name but for its spelling, of the same family, or with the same
// parameters, by their creation.
std::vector<SimilarTopic> similar_topics(const StudyModel& study, const TopicRequest& request);
// By author, of those who proposed any; results that were brought in from elsewhere are none.
std::vector<Proposals> view_proposals(const StudyModel& study);
// In its present state.
Question view_question(const StudyModel& study, const Question& question);

}  // namespace studyhall::server
