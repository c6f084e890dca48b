// The events of a study as server-sent events (text/event-stream of the HTML standard): the ids are
// the events' sequence numbers, so that a client that was cut off goes on where it was.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/study_api.h"
#include "server/live_stream.h"

namespace studyhall::server {

// Calls `changed`, which must be quick, after each commit of the study, from any thread, until what
// is returned has ended. Throws Error(NotFound) for an unknown study.
using StudyWatch =
    std::function<std::shared_ptr<void>(const std::string& study, std::function<void()> changed)>;

class EventStream final : public LiveStream {
 public:
  // Events with a sequence above `after`. `api` and `watch` must outlive it.
  EventStream(StudyApi& api, const StudyWatch& watch, std::string study, std::int64_t after)
      : api_(api), watch_(watch), study_(std::move(study)), after_(after) {}

  void begin(std::function<void()> wake) override;
  // Ends where the study was deleted, after an event "end" that says so.
  std::optional<std::string> next() override;
  [[nodiscard]] std::string heartbeat() const override { return ":\n\n"; }

 private:
  StudyApi& api_;
  const StudyWatch& watch_;
  std::string study_;
  std::int64_t after_;
  bool begun_ = false;
  bool over_ = false;
  // Whether `wake` was called since next() began to read.
  std::shared_ptr<std::atomic<bool>> told_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<void> subscription_;
};

}  // namespace studyhall::server
