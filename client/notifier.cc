#include "client/notifier.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/hook_spec.h"

namespace studyhall::client {
namespace {

std::map<std::string, HookSpec> hooks_of(const StudyInfo& info) {
  const auto notify = info.spec.find("notify");
  if (notify == info.spec.end()) return {};
  std::vector<Problem> problems;
  return read_hooks(JsonField(&*notify, "/notify", &problems));
}

}  // namespace

// Has a Teller for each webhook of a study file, for as long as it stands there.
class Notifier::OfStudies {
 public:
  OfStudies(StudyApi& api, const Clock& clock, const NotifierOptions& options)
      : api_(api), clock_(clock), options_(options), folder_(options.teller.folder / "studies") {
    // Here: what is created as soon as this is there is told from its first event on.
    try_to_look(std::nullopt);
    thread_ = std::thread([this] { run(); });
  }
  ~OfStudies() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  OfStudies(const OfStudies&) = delete;
  OfStudies& operator=(const OfStudies&) = delete;

 private:
  struct Followed {
    std::int64_t last_event = -1;  // when its file was looked at
    Timestamp created;
    std::map<std::string, HookSpec> hooks{};
    std::map<std::string, std::unique_ptr<Teller>> tellers{};
  };

  void run() {
    while (!ended_) {
      try_to_look(0);
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, options_.teller.look_every, [this] { return ended_.load(); });
    }
    studies_.clear();
  }

  void try_to_look(std::optional<std::int64_t> begin) {
    try {
      look(begin);
    } catch (const std::exception& error) {
      say(error.what());
    }
  }

  // Studies that were not there at the last look begin after the event `begin`.
  void look(std::optional<std::int64_t> begin) {
    std::set<std::string> present;
    for (const StudyInfo& info : api_.studies()) {
      present.insert(info.name);
      const auto found = studies_.find(info.name);
      // One that was made again under the name.
      if (found != studies_.end() && found->second.created != info.created) forget(info.name);
      const bool is_new = !studies_.contains(info.name);
      Followed& study = studies_[info.name];
      study.created = info.created;
      if (study.last_event == info.last_event) continue;
      follow(info.name, study, is_new ? begin : study.last_event);
      study.last_event = info.last_event;
    }
    std::vector<std::string> gone;
    for (const auto& [name, study] : studies_)
      if (!present.contains(name)) gone.push_back(name);
    for (const std::string& name : gone) forget(name);
  }

  // A webhook that is changed goes on where it was, a new one begins after the event `begin`.
  void follow(const std::string& name, Followed& study, std::optional<std::int64_t> begin) {
    std::map<std::string, HookSpec> wanted = hooks_of(api_.study(name));
    for (const auto& [hook, spec] : study.hooks) {
      const auto still = wanted.find(hook);
      if (still != wanted.end() && still->second == spec) continue;
      study.tellers.erase(hook);
      std::error_code ignored;
      if (still == wanted.end())
        std::filesystem::remove(folder_ / name / (hook + ".json"), ignored);
    }
    for (const auto& [hook, spec] : wanted) {
      const auto before = study.hooks.find(hook);
      if (before == study.hooks.end() || before->second != spec)
        start(name, hook, spec, study, begin);
    }
    study.hooks = std::move(wanted);
  }

  void start(const std::string& name, const std::string& hook, const HookSpec& spec,
             Followed& study, std::optional<std::int64_t> begin) {
    const std::string whose = fmt::format("study {}: webhook {}", name, hook);
    Hook made;
    made.name = hook;
    made.terms = spec.terms;
    made.studies = {name};
    try {
      made.url = parse_webhook_url(spec.url);
    } catch (const Error& error) {
      say(fmt::format("{} is not told: {}", whose, error.what()));
      return;
    }
    const std::set<std::string>& hosts = options_.study_hosts;
    if (!hosts.contains("*") && !hosts.contains(made.url.host)) {
      say(fmt::format("{} is not told: {} is none of the hosts that --notify-host allows", whose,
                      made.url.host));
      return;
    }
    TellerOptions options = options_.teller;
    options.folder = folder_ / name;
    if (options.say) {
      options.say = [say = options.say, name](const std::string& line) {
        say(fmt::format("study {}: {}", name, line));
      };
    }
    std::filesystem::create_directories(options.folder);
    study.tellers[hook] = std::make_unique<Teller>(api_, clock_, std::move(made), options, begin);
  }

  void forget(const std::string& name) {
    studies_.erase(name);
    std::error_code ignored;
    std::filesystem::remove_all(folder_ / name, ignored);
  }

  void say(const std::string& words) const {
    if (options_.teller.say) options_.teller.say(words);
  }

  StudyApi& api_;
  const Clock& clock_;
  NotifierOptions options_;
  std::filesystem::path folder_;
  std::map<std::string, Followed> studies_;  // of the thread alone
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

Notifier::Notifier(StudyApi& api, const Clock& clock, std::vector<Hook> hooks,
                   const NotifierOptions& options) {
  if (!hooks.empty()) std::filesystem::create_directories(options.teller.folder);
  for (Hook& hook : hooks)
    tellers_.push_back(std::make_unique<Teller>(api, clock, std::move(hook), options.teller));
  if (!options.study_hosts.empty()) of_studies_ = std::make_unique<OfStudies>(api, clock, options);
}

Notifier::~Notifier() = default;

}  // namespace studyhall::client
