// Tells one webhook what happens, in a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/hooks.h"

namespace studyhall::client {

struct TellerOptions {
  std::filesystem::path folder;  // of the cursors, one file for each hook
  std::chrono::milliseconds look_every{1'000};
  std::chrono::milliseconds shortest_pause{1'000};  // before a second try, then doubled
  std::chrono::milliseconds longest_pause{300'000};
  ClientOptions client{};
  std::function<void(const std::string& line)> say;  // may be empty
};

class Teller {
 public:
  // `api` and `clock` must outlive it. Tells until it is destroyed. A hook that has no cursor on
  // the disk yet begins now, or with what followed the event `after` of each of its studies.
  Teller(StudyApi& api, const Clock& clock, Hook hook, const TellerOptions& options,
         std::optional<std::int64_t> after = {});
  ~Teller();
  Teller(const Teller&) = delete;
  Teller& operator=(const Teller&) = delete;

 private:
  bool load();
  void begin(std::optional<std::int64_t> after);
  void keep();
  void run();
  // The hook's studies, of those that there are.
  std::vector<StudyInfo> followed();
  void look();
  void look_at(const StudyInfo& info);
  bool tell_all(const std::vector<Occasion>& occasions);
  bool tell(const Occasion& occasion);
  void mark(const Occasion& occasion);
  void pause(std::chrono::milliseconds time);
  void say(const std::string& words) const;

  StudyApi& api_;
  const Clock& clock_;
  Hook hook_;
  TellerOptions options_;
  std::filesystem::path file_;
  std::map<std::string, OccasionCursor> cursors_;
  std::map<std::string, OccasionCursor> kept_;  // as on disk
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace studyhall::client
