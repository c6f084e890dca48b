// A Storage whose events are other than they were written.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "tests/support/failing_storage.h"

namespace studyhall::testing {

class AlteredEvents final : public FailingStorage {
 public:
  AlteredEvents(storage::Storage& inner, std::function<void(Event&)> alter)
      : FailingStorage(inner), alter_(std::move(alter)) {}

  std::vector<Event> events(storage::StudyId study, std::int64_t after, int limit) override {
    std::vector<Event> events = FailingStorage::events(study, after, limit);
    for (Event& event : events) alter_(event);
    return events;
  }

 private:
  std::function<void(Event&)> alter_;
};

}  // namespace studyhall::testing
