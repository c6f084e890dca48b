#include "client/teller.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "core/error.h"

namespace studyhall::client {
namespace {

constexpr int kPage = 500;

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

Teller::Teller(StudyApi& api, const Clock& clock, Hook hook, const TellerOptions& options,
               std::optional<std::int64_t> after)
    : api_(api),
      clock_(clock),
      hook_(std::move(hook)),
      options_(options),
      file_(options.folder / (hook_.name + ".json")) {
  options_.client.interrupted = &ended_;
  if (!load()) {
    begin(after);
    keep();
  }
  thread_ = std::thread([this] { run(); });
}

Teller::~Teller() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool Teller::load() {
  std::ifstream in(file_);
  if (!in) return false;
  std::ostringstream text;
  text << in.rdbuf();
  const Json json = Json::parse(text.str(), nullptr, false);
  if (!json.is_object()) return false;
  for (const auto& [study, cursor] : json.items()) cursors_[study] = cursor_from_json(cursor);
  return true;
}

void Teller::begin(std::optional<std::int64_t> after) {
  for (const StudyInfo& info : followed()) {
    OccasionCursor& cursor = cursors_[info.name];
    cursor.sequence = after.value_or(info.last_event);
    // Of a study from its first event on nothing has been told.
    if (cursor.sequence > 0) static_cast<void>(read_standing(info, clock_.now(), cursor));
  }
}

void Teller::keep() {
  Json json = Json::object();
  for (const auto& [study, cursor] : cursors_) json[study] = to_json(cursor);
  save(file_, dump_json(json) + "\n");
}

void Teller::run() {
  while (!ended_) {
    try {
      look();
    } catch (const std::exception& error) {
      say(error.what());
    }
    pause(options_.look_every);
  }
}

// studies() reads every trial of every study for its sparkline; a hook of one study need not.
std::vector<StudyInfo> Teller::followed() {
  if (hook_.studies.empty()) return api_.studies();
  std::vector<StudyInfo> found;
  for (const std::string& name : hook_.studies) {
    try {
      found.push_back(api_.study(name));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::NotFound) throw;
    }
  }
  return found;
}

void Teller::look() {
  std::set<std::string> present;
  for (const StudyInfo& info : followed()) {
    present.insert(info.name);
    look_at(info);
    if (ended_) return;
  }
  // One that is made again under its name begins afresh.
  std::erase_if(cursors_, [&](const auto& item) { return !present.contains(item.first); });
}

void Teller::look_at(const StudyInfo& info) {
  if (cursors_[info.name].sequence > info.last_event) cursors_[info.name] = {};
  while (!ended_) {
    const std::vector<Event> page = api_.events(info.name, cursors_[info.name].sequence, kPage);
    for (const Event& event : page) {
      OccasionCursor next = cursors_[info.name];
      if (!tell_all(read_event(info.name, event, hook_.terms.failure_streak, next))) return;
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
bool Teller::tell_all(const std::vector<Occasion>& occasions) {
  return std::ranges::all_of(occasions, [&](const Occasion& occasion) {
    return !hook_.terms.kinds.contains(occasion.kind) || tell(occasion);
  });
}

bool Teller::tell(const Occasion& occasion) {
  const Json body = message_of(hook_.terms.format, occasion);
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
void Teller::mark(const Occasion& occasion) {
  cursors_[occasion.study] = kept_[occasion.study] = occasion.after;
  keep();
}

void Teller::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, time, [this] { return ended_.load(); });
}

void Teller::say(const std::string& words) const {
  if (options_.say) options_.say(fmt::format("webhook {}: {}", hook_.name, words));
}

}  // namespace studyhall::client
