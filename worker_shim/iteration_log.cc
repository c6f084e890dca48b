#include "worker_shim/iteration_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <vector>

#include "core/error.h"
#include "worker_shim/environment.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestResults = std::size_t{1} << 30;
constexpr int kPage = 1000;

Descriptor lock_logs(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / ".results.lock";
  Descriptor lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  int result = -1;
  while (lock.is_open() && (result = flock(lock.fd(), LOCK_EX)) < 0 && errno == EINTR) {
  }
  if (result == 0) return lock;
  throw Error(ErrorCode::Unavailable,
              fmt::format("cannot lock {}: {}", file.string(), system_words(errno)));
}

// The whole lines of results.jsonl; from a line that is none of ours on they are made again.
std::vector<Json> read_results(const std::filesystem::path& file) {
  std::vector<Json> results;
  const std::string text = read_file(file, kLongestResults).value_or("");
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) return results;
    Json line = Json::parse(text.substr(at, end - at), nullptr, false);
    if (!line.is_object() || !line.value("event", Json()).is_number_integer()) return results;
    results.push_back(std::move(line));
    at = end + 1;
  }
}

// What a "told" event does not say.
struct Handed {
  Json params = Json::object();
  std::int64_t attempt = 0;
};

Json result_of(const Event& event, const Handed& handed) {
  const Json& body = event.body;
  const std::string worker = body.value("worker", "");
  const std::int64_t number = body.value("number", std::int64_t{-1});
  Json usage = body.value("usage", Json::object());
  if (!usage.is_object()) usage = Json::object();
  const Json seconds = usage.value("seconds", Json());
  Json result = {{"event", event.sequence},
                 {"time", format_utc(event.time)},
                 {"experiment", fmt::format("{}-{}", worker.empty() ? "trial" : worker, number)},
                 {"worker", worker},
                 {"trial", number},
                 {"attempt", handed.attempt},
                 {"state", body.value("state", "")},
                 {"config", handed.params},
                 {"score", nullptr},
                 {"time_min", seconds.is_number() ? Json(seconds.get<double>() / 60) : Json()},
                 {"metrics", body.value("metrics", Json::object())},
                 {"usage", usage},
                 {"note", body.value("note", "")}};
  const Json values = body.value("values", Json::array());
  if (values.is_array() && !values.empty()) result["score"] = values.front();
  if (values.is_array() && values.size() > 1) result["scores"] = values;
  if (body.contains("reason")) result["reason"] = body["reason"];
  if (body.value("requeued", false)) result["requeued"] = true;
  const Json evidence = body.value("evidence", Json());
  if (evidence.is_object()) result["score_kind"] = evidence.value("kind", "");
  return result;
}

// Appends the results that the study has had since; false if there were none.
bool catch_up(StudyApi& api, const std::string& study, std::vector<Json>& results) {
  const std::int64_t last = results.empty() ? 0 : results.back()["event"].get<std::int64_t>();
  const std::size_t before = results.size();
  std::map<std::int64_t, Handed> handed;
  for (std::int64_t after = last;;) {
    const std::vector<Event> events = api.events(study, after, kPage);
    if (events.empty()) break;
    for (const Event& event : events) {
      if (event.kind == EventKind::Asked) {
        Handed& trial = handed[event.body.value("number", std::int64_t{-1})];
        trial.params = event.body.value("params", Json::object());
        trial.attempt = event.body.value("attempt", std::int64_t{0});
      } else if (event.kind == EventKind::Told) {
        const std::int64_t number = event.body.value("number", std::int64_t{-1});
        if (!handed.contains(number)) {
          // It was asked for before the last result that is known.
          const TrialView trial = api.trial(study, number);
          handed[number] = {trial.params, trial.record.attempt};
        }
        results.push_back(result_of(event, handed[number]));
      }
    }
    after = events.back().sequence;
  }
  return results.size() > before;
}

void write_if_changed(const std::filesystem::path& file, const std::string& text) {
  if (read_file(file, kLongestResults) != text) write_file(file, text);
}

void write_log(const std::filesystem::path& folder, const std::vector<Json>& results) {
  std::vector<std::string> files(1);
  std::size_t lines = 0;
  for (const Json& result : results) {
    const std::string entry = iteration_entry(result) + "\n";
    const auto more = static_cast<std::size_t>(std::count(entry.begin(), entry.end(), '\n'));
    if (lines > 0 && lines + more > kLogLines) {
      files.emplace_back();
      lines = 0;
    }
    files.back() += entry;
    lines += more;
  }
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    write_if_changed(folder / fmt::format("ITERATION_LOG.{}.md", i + 1), files[i]);
  }
  write_if_changed(folder / "ITERATION_LOG.md", files.back());
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::string iteration_entry(const Json& result) {
  const auto text = [&](const char* name) { return result.value(name, std::string()); };
  const auto given = [&](const char* name) {
    const auto found = result.find(name);
    return found != result.end() && !found->is_null() && !(found->is_object() && found->empty());
  };
  std::string score = given("score") ? value_text(result["score"]) : "none";
  if (result.contains("scores")) score = dump_json(result["scores"]);
  if (!given("score") && given("reason")) score += fmt::format(" ({})", text("reason"));
  std::string entry =
      fmt::format("### [{}] Experiment: {} | Score: {}", text("worker"), text("experiment"), score);
  if (given("time_min")) entry += fmt::format(" @ {:.3g} min", result["time_min"].get<double>());
  entry += fmt::format("\n- trial {}, attempt {}: {}", result.value("trial", 0),
                       result.value("attempt", 0), text("state"));
  if (!text("score_kind").empty()) entry += fmt::format(", {}", text("score_kind"));
  if (result.value("requeued", false)) entry += ", to be run again";
  entry += fmt::format(", {}\n", text("time"));
  for (const char* name : {"config", "metrics", "usage"}) {
    if (given(name)) entry += fmt::format("- {}: {}\n", name, dump_json(result[name]));
  }
  if (!text("note").empty()) entry += fmt::format("- note: {}\n", first_line(text("note")));
  return entry;
}

void update_iteration_log(StudyApi& api, const std::string& study,
                          const std::filesystem::path& study_folder) {
  const Descriptor lock = lock_logs(study_folder);
  const std::filesystem::path file = study_folder / "results.jsonl";
  std::vector<Json> results = read_results(file);
  if (catch_up(api, study, results)) {
    std::string lines;
    for (const Json& result : results) lines += dump_json(result) + "\n";
    write_file(file, lines);
  }
  if (!results.empty()) write_log(study_folder, results);
}

}  // namespace studyhall::worker_shim
