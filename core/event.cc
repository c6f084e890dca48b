#include "core/event.h"

#include "core/enum_names.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 37> kKinds{"created",         "asked",
                                                  "enqueued",        "told",
                                                  "reported",        "lease_lost",
                                                  "released",        "new_best",
                                                  "stopped",         "resumed",
                                                  "deleted",         "foreign",
                                                  "voided",          "parked",
                                                  "unparked",        "quarantined",
                                                  "worker_released", "insight_added",
                                                  "insight_retired", "edited",
                                                  "candidate",       "confirmed",
                                                  "refuted",         "task_added",
                                                  "task_asked",      "task_told",
                                                  "task_lease_lost", "task_released",
                                                  "task_parked",     "task_unparked",
                                                  "task_cancelled",  "queue_changed",
                                                  "question_asked",  "question_answered",
                                                  "requeued",        "imported",
                                                  "topic_added"};

}  // namespace

std::string_view to_string(EventKind kind) { return enum_name(kKinds, kind); }

std::optional<EventKind> event_kind_from_string(std::string_view name) {
  return enum_from_name<EventKind>(kKinds, name);
}

}  // namespace studyhall
