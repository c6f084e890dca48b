#include "worker_shim/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>

#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestJournal = 64'000'000;

std::string text_of(const Json& json, const char* name) {
  const auto member = json.find(name);
  return member == json.end() ? std::string() : member->get<std::string>();
}

Json waiting_json(const WaitingJob& waiting) {
  return {{"held", to_json(waiting.job.as_answer())},
          {"workspace", waiting.workspace.string()},
          {"state", to_json(waiting.state)},
          {"question", waiting.question}};
}

WaitingJob waiting_from(const Json& json) {
  return {Job::from_answer(ask_answer_from_json(json.at("held"))),
          json.at("workspace").get<std::string>(), run_state_from_json(json.at("state")),
          json.at("question").get<std::int64_t>()};
}

}  // namespace

Journal::Journal(const std::filesystem::path& study_folder, const std::string& worker)
    : file_(study_folder / ("." + worker + ".json")) {
  const std::filesystem::path lock = study_folder / ("." + worker + ".lock");
  lock_ = Descriptor(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_.is_open()) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("{}: cannot open: {}", lock.string(), system_words(errno)));
  }
  if (flock(lock_.fd(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorCode::Conflict,
                fmt::format("worker {} is already at work in {}; use another worker name, or "
                            "another --runs folder",
                            worker, study_folder.string()));
  }
}

JournalEntry Journal::load() const {
  JournalEntry entry;
  try {
    const auto text = read_file(file_, kLongestJournal);
    if (!text) return entry;
    const Json json = parse_json(*text, file_.string());
    if (!json.is_object()) throw Error(ErrorCode::Malformed, "found " + brief(json));
    entry.ask_request_id = text_of(json, "ask_request_id");
    entry.run_id = text_of(json, "run_id");
    entry.workspace = text_of(json, "workspace");
    if (json.contains("held")) {
      AskAnswer answer = ask_answer_from_json(json["held"]);
      if (!answer.trials.empty() || !answer.tasks.empty()) {
        entry.job = Job::from_answer(std::move(answer));
      }
    }
    if (json.contains("state")) entry.state = run_state_from_json(json["state"]);
    if (json.contains("tell")) entry.tell = tell_request_from_json(json["tell"]);
    if (json.contains("task_tell")) entry.task_tell = task_tell_from_json(json["task_tell"]);
    for (const Json& waiting : json.value("waiting", Json::array())) {
      entry.waiting.push_back(waiting_from(waiting));
    }
  } catch (const Error& error) {
    throw Error(ErrorCode::Corrupt,
                fmt::format("{}: cannot be read ({}); remove it to give up what it holds",
                            file_.string(), error.what()));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::Corrupt,
                fmt::format("{}: cannot be read ({}); remove it to give up what it holds",
                            file_.string(), error.what()));
  }
  return entry;
}

void Journal::save(const JournalEntry& entry) const {
  Json json = Json::object();
  if (!entry.ask_request_id.empty()) json["ask_request_id"] = entry.ask_request_id;
  if (entry.job) {
    json["held"] = to_json(entry.job->as_answer());
    json["run_id"] = entry.run_id;
    json["workspace"] = entry.workspace.string();
    if (entry.state.is_begun()) json["state"] = to_json(entry.state);
  }
  if (entry.tell) json["tell"] = to_json(*entry.tell);
  if (entry.task_tell) json["task_tell"] = to_json(*entry.task_tell);
  for (const WaitingJob& waiting : entry.waiting) json["waiting"].push_back(waiting_json(waiting));
  write_file(file_, dump_json(json) + "\n", 0600, Durable::Yes);
}

}  // namespace studyhall::worker_shim
