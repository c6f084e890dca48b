#include "client/notifier.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "core/error.h"
#include "core/json_field.h"
#include "core/study_spec.h"

namespace studyhall::client {
namespace {

constexpr int kPage = 500;
constexpr std::array<std::string_view, 3> kFormats{"json", "slack", "discord"};

std::optional<Hook> read_hook(const std::string& name, const JsonField& field,
                              const std::function<std::string(const std::string&)>& variable) {
  ObjectReader object(field);
  Hook hook;
  hook.name = name;
  if (!is_valid_name(name)) field.report("expected a name of letters, digits, '.', '_' and '-'");
  const JsonField url = object.field("url");
  const JsonField url_env = object.field("url_env");
  std::string text;
  if (static_cast<bool>(url) == static_cast<bool>(url_env)) {
    field.report("expected one of url and url_env (the environment variable that holds it)");
  } else if (url) {
    text = url.string("a URL").value_or("");
  } else if (const auto env = url_env.string("the name of an environment variable")) {
    text = variable(*env);
    if (text.empty()) url_env.report(fmt::format("the variable {} is not set", *env));
  }
  if (!text.empty()) {
    try {
      hook.url = parse_webhook_url(text);
    } catch (const Error& error) {
      (url ? url : url_env).report(error.what());
    }
  }
  if (const JsonField format = object.field("format")) {
    const auto word = format.string();
    const auto known = std::ranges::find(kFormats, word.value_or(""));
    if (word && known == kFormats.end()) format.report_expected("json, slack or discord");
    if (known != kFormats.end()) hook.format = static_cast<HookFormat>(known - kFormats.begin());
  }
  if (const JsonField events = object.field("events")) {
    for (const std::string& kind : events.strings().value_or(std::vector<std::string>())) {
      const auto known = occasion_from_string(kind);
      if (known)
        hook.kinds.insert(*known);
      else
        events.report(
            fmt::format("\"{}\" is none of new_best, confirmed, failure_streak, "
                        "rate_limit, budget, finished, question",
                        kind));
    }
  } else {
    hook.kinds = {OccasionKind::NewBest,   OccasionKind::Confirmed, OccasionKind::FailureStreak,
                  OccasionKind::RateLimit, OccasionKind::Budget,    OccasionKind::Finished,
                  OccasionKind::Question};
  }
  const JsonField studies = object.field("studies");
  if (studies)
    for (std::string& study : studies.strings().value_or(std::vector<std::string>()))
      hook.studies.insert(std::move(study));
  const JsonField streak = object.field("failure_streak");
  if (streak) hook.failure_streak = static_cast<int>(streak.integer(1, 1'000'000).value_or(3));
  object.close();
  return hook;
}

// The new content or the old, whatever happens meanwhile.
void save(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::path draft = file;
  draft += ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  std::error_code error;
  if (written) std::filesystem::rename(draft, file, error);
  if (!written || error)
    throw Error(ErrorCode::Unavailable, fmt::format("cannot write {}", file.string()));
}

}  // namespace

std::vector<Hook> parse_hooks(const Json& file,
                              const std::function<std::string(const std::string&)>& variable) {
  std::vector<Problem> problems;
  std::vector<Hook> hooks;
  ObjectReader object(JsonField(&file, "", &problems));
  const JsonField members = object.field("hooks");
  members.required("an object of webhooks by name");
  if (members)
    for (const auto& [name, field] :
         members.members().value_or(std::vector<std::pair<std::string, JsonField>>()))
      if (auto hook = read_hook(name, field, variable)) hooks.push_back(std::move(*hook));
  object.close();
  if (!problems.empty())
    throw Error::from_problems(ErrorCode::Invalid, "the file of webhooks", problems);
  return hooks;
}

Json message_of(HookFormat format, const Occasion& occasion) {
  const std::string line = fmt::format("{}: {}", occasion.study, occasion.text);
  switch (format) {
    case HookFormat::Slack:
      return {{"text", line}};
    case HookFormat::Discord:
      return {{"content", line.substr(0, 1900)}, {"allowed_mentions", {{"parse", Json::array()}}}};
    case HookFormat::Json:
      break;
  }
  return {{"study", occasion.study},
          {"event", to_string(occasion.kind)},
          {"sequence", occasion.event},
          {"time", format_utc(occasion.time)},
          {"text", line},
          {"facts", occasion.facts}};
}

class Notifier::Teller {
 public:
  Teller(StudyApi& api, const Clock& clock, Hook hook, const NotifierOptions& options)
      : api_(api),
        clock_(clock),
        hook_(std::move(hook)),
        options_(options),
        file_(options.folder / (hook_.name + ".json")) {
    options_.client.interrupted = &ended_;
    const bool is_new = !load();
    if (is_new) begin_here();
    thread_ = std::thread([this] { run(); });
  }
  ~Teller() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Teller(const Teller&) = delete;
  Teller& operator=(const Teller&) = delete;

 private:
  bool load() {
    std::ifstream in(file_);
    if (!in) return false;
    std::ostringstream text;
    text << in.rdbuf();
    const Json json = Json::parse(text.str(), nullptr, false);
    if (!json.is_object()) return false;
    for (const auto& [study, cursor] : json.items()) cursors_[study] = cursor_from_json(cursor);
    return true;
  }

  void begin_here() {
    for (const StudyInfo& info : api_.studies()) {
      OccasionCursor& cursor = cursors_[info.name];
      cursor.sequence = info.last_event;
      read_standing(info, clock_.now(), cursor);
    }
    keep();
  }

  void keep() {
    Json json = Json::object();
    for (const auto& [study, cursor] : cursors_) json[study] = to_json(cursor);
    save(file_, dump_json(json) + "\n");
  }

  void run() {
    while (!ended_) {
      try {
        look();
      } catch (const std::exception& error) {
        say(error.what());
      }
      pause(options_.look_every);
    }
  }

  void look() {
    std::set<std::string> present;
    for (const StudyInfo& info : api_.studies()) {
      present.insert(info.name);
      if (hook_.studies.empty() || hook_.studies.contains(info.name)) look_at(info);
      if (ended_) return;
    }
    // One that is made again under its name begins afresh.
    std::erase_if(cursors_, [&](const auto& item) { return !present.contains(item.first); });
  }

  void look_at(const StudyInfo& info) {
    if (cursors_[info.name].sequence > info.last_event) cursors_[info.name] = {};
    while (!ended_) {
      const std::vector<Event> page = api_.events(info.name, cursors_[info.name].sequence, kPage);
      for (const Event& event : page) {
        OccasionCursor next = cursors_[info.name];
        if (!tell_all(read_event(info.name, event, hook_.failure_streak, next))) return;
        cursors_[info.name] = next;
      }
      if (static_cast<int>(page.size()) < kPage) break;
    }
    OccasionCursor next = cursors_[info.name];
    const std::vector<Occasion> found = read_standing(info, clock_.now(), next);
    if (!tell_all(found)) return;
    const bool changed = to_json(next) != to_json(kept_[info.name]);
    cursors_[info.name] = kept_[info.name] = next;
    if (changed) keep();
  }

  // False: ended before all were taken; they are told at the next start.
  bool tell_all(const std::vector<Occasion>& occasions) {
    return std::ranges::all_of(occasions, [&](const Occasion& occasion) {
      return !hook_.kinds.contains(occasion.kind) || tell(occasion);
    });
  }

  bool tell(const Occasion& occasion) {
    const Json body = message_of(hook_.format, occasion);
    for (auto wait = options_.shortest_pause; !ended_;
         wait = std::min(2 * wait, options_.longest_pause)) {
      const Delivery delivery = deliver(hook_.url, body, options_.client);
      if (delivery.taken) {
        mark(occasion);
        return true;
      }
      if (ended_) return false;
      if (!delivery.again) {
        say(fmt::format("a message is dropped: {}", delivery.words));
        mark(occasion);
        return true;
      }
      say(fmt::format("trying again: {}", delivery.words));
      pause(wait);
    }
    return false;
  }

  // What was taken is not sent again, should this process end before the page does.
  void mark(const Occasion& occasion) {
    cursors_[occasion.study] = kept_[occasion.study] = occasion.after;
    keep();
  }

  void pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, time, [this] { return ended_.load(); });
  }

  void say(const std::string& words) const {
    if (options_.say) options_.say(fmt::format("webhook {}: {}", hook_.name, words));
  }

  StudyApi& api_;
  const Clock& clock_;
  Hook hook_;
  NotifierOptions options_;
  std::filesystem::path file_;
  std::map<std::string, OccasionCursor> cursors_;
  std::map<std::string, OccasionCursor> kept_;  // as on disk
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

Notifier::Notifier(StudyApi& api, const Clock& clock, std::vector<Hook> hooks,
                   const NotifierOptions& options) {
  if (hooks.empty()) return;
  std::filesystem::create_directories(options.folder);
  for (Hook& hook : hooks)
    tellers_.push_back(std::make_unique<Teller>(api, clock, std::move(hook), options));
}

Notifier::~Notifier() = default;

}  // namespace studyhall::client
