#include "server/replay.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "core/space.h"
#include "server/event_body.h"
#include "server/model_difference.h"

namespace studyhall::server {

namespace {

constexpr int kTries = 5;
constexpr int kPage = 5'000;
constexpr std::size_t kKept = 100;

// The study as its tables have it at one moment.
StudyModel read_tables(storage::Storage& storage, const std::string& name) {
  for (int tries = 0; tries < kTries; ++tries) {
    const auto first = storage.find_study(name);
    if (!first) {
      std::vector<std::string> known;
      for (const storage::StudyRecord& study : storage.studies()) known.push_back(study.name);
      const auto near = nearest_name(name, known);
      throw Error(ErrorCode::NotFound, "there is no study \"" + name + "\"" +
                                           (near ? "; did you mean \"" + *near + "\"?" : ""));
    }
    if (!first->spec) {
      throw Error(ErrorCode::Unsupported, "study \"" + name +
                                              "\" was made by another program: it has no study "
                                              "file and no events");
    }
    const std::int64_t last = storage.last_sequence(first->id);
    const auto record = storage.find_study(name);
    if (!record || record->id != first->id) continue;
    StudyModel stored = StudyModel::load(storage, *record);
    if (storage.last_sequence(record->id) == last && stored.last_sequence() == last) return stored;
  }
  throw Error(ErrorCode::Unavailable, "study \"" + name +
                                          "\" keeps changing while it is read; replay it when it "
                                          "rests, or a copy of the database");
}

class Replay {
 public:
  Replay(storage::Storage& storage, StudyModel stored,
         const std::function<void(std::int64_t, std::int64_t)>& progress)
      : storage_(storage),
        stored_(std::move(stored)),
        id_(stored_.record().id),
        progress_(progress) {
    report_.study = stored_.record().name;
    report_.unseen = std::ssize(stored_.foreign());
  }

  ReplayReport run() {
    for_each([&](const Event& event) { return note_ask(event); });
    for_each([&](const Event& event) { return take(event); });
    if (!study_) {
      throw Error(ErrorCode::Unsupported, "study \"" + report_.study + "\" has no events");
    }
    report_.trials = std::ssize(study_->model().trials());
    report_.tasks = study_->model().tasks().size();
    report_.suggestions = study_->suggestions();
    report_.prunings = study_->prunings();
    keep(study_->differences());
    if (broken_) {
      report_.broken_off = report_.events;
      keep({*broken_});
    } else {
      keep(model_differences(study_->model(), stored_));
    }
    return std::move(report_);
  }

 private:
  // In their order, up to those that the tables were read with.
  template <typename Take>
  void for_each(Take take) {
    std::int64_t after = 0;
    while (after < stored_.last_sequence()) {
      const std::vector<Event> page = storage_.events(id_, after, kPage);
      if (page.empty()) return;
      for (const Event& event : page) {
        if (event.sequence > stored_.last_sequence() || !take(event)) return;
      }
      after = page.back().sequence;
    }
  }

  bool note_ask(const Event& event) {
    if (event.kind != EventKind::Asked) return true;
    const EventBody body(event);
    asks_.push_back({event.sequence, body.need<std::int64_t>("as_of"), body.number(),
                     body.need<std::string>("worker")});
    return true;
  }

  // Whether to go on.
  bool take(const Event& event) {
    try {
      if (!study_) {
        study_.emplace(event, std::move(asks_));
      } else {
        study_->take(event);
      }
      check_request(event);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::Unsupported || !study_) throw;
      broken_ = Difference{event.sequence, -1, "what the event says", error.what(),
                           dump_json(event.body)};
      return false;
    }
    ++report_.events;
    if (progress_) progress_(report_.events, stored_.last_sequence());
    return true;
  }

  // A change made for a request id: the answer to it is kept, and is the one of this change.
  void check_request(const Event& event) {
    const auto id = event.body.find("request_id");
    if (id == event.body.end()) return;
    ++report_.requests;
    const auto request = storage_.find_request(id_, id->get<std::string>());
    const bool is_task = event.body.contains("task");
    const std::int64_t number = event.body.value(is_task ? "task" : "number", std::int64_t{-1});
    const auto differ = [&](const std::string& found) {
      keep({{event.sequence, is_task ? -1 : number,
             "the answer kept for request " + id->get<std::string>(),
             fmt::format("{} {}", is_task ? "task" : "trial", number), found}});
    };
    if (!request) return differ("none");
    for (const char* path : {"/trials/0/number", "/tasks/0/number", "/number", "/numbers/0"}) {
      const Json::json_pointer at(path);
      if (request->answer.contains(at) && request->answer[at] == number) return;
    }
    differ(request->verb + " " + dump_json(request->answer));
  }

  void keep(const std::vector<Difference>& differences) {
    report_.difference_count += std::ssize(differences);
    for (const Difference& difference : differences) {
      if (report_.differences.size() < kKept) report_.differences.push_back(difference);
    }
  }

  storage::Storage& storage_;
  StudyModel stored_;
  storage::StudyId id_;
  const std::function<void(std::int64_t, std::int64_t)>& progress_;
  std::vector<ReplayedStudy::Ask> asks_;
  std::optional<ReplayedStudy> study_;
  std::optional<Difference> broken_;
  ReplayReport report_;
};

}  // namespace

ReplayReport replay(storage::Storage& storage, const std::string& study,
                    const std::function<void(std::int64_t done, std::int64_t of)>& progress) {
  return Replay(storage, read_tables(storage, study), progress).run();
}

}  // namespace studyhall::server
