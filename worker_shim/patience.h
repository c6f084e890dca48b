// Waiting: for a server that does not answer, and after failures.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/error.h"

namespace studyhall::worker_shim {

// What cuts a wait short besides an interruption.
enum class Heed { Nothing, StopFile };

class Patience {
 public:
  using Say = std::function<void(const std::string& line)>;

  // `unit` is that of every wait; `interrupted` must outlive this.
  Patience(std::chrono::milliseconds unit, const std::atomic<bool>& interrupted, Say say)
      : unit_(unit), interrupted_(interrupted), say_(std::move(say)) {}

  // Where a user may put a file that ends the work.
  void watch(std::vector<std::filesystem::path> stop_files) { stop_files_ = std::move(stop_files); }
  // The first of them that is there.
  [[nodiscard]] std::optional<std::filesystem::path> stop_file() const;

  void wait(std::chrono::duration<double> time, Heed heed) const;
  // Waits `first` units, doubled for each earlier failure in a row, at most `longest`; says why.
  void back_off(double first, int earlier, double longest, const std::string& why) const;

  // What `call` returns; it is made again, with growing waits, while it throws Error(Unreachable)
  // or Error(Unavailable). nullopt when interrupted, or at the STOP file where that is heeded,
  // after a call that failed: one is always made.
  template <typename Call>
  std::optional<std::invoke_result_t<Call>> until_answered(std::string_view verb, Heed heed,
                                                           const Call& call) const {
    for (int failures = 0;; ++failures) {
      try {
        auto answer = call();
        if (failures > 0) say_(fmt::format("{}: the server answers again", verb));
        return answer;
      } catch (const Error& error) {
        if (!keep_trying(verb, heed, failures, error)) return std::nullopt;
      }
    }
  }

 private:
  // False: give up. Rethrows an error that will not pass.
  bool keep_trying(std::string_view verb, Heed heed, int failures, const Error& error) const;

  std::chrono::milliseconds unit_;
  const std::atomic<bool>& interrupted_;
  Say say_;
  std::vector<std::filesystem::path> stop_files_;
};

}  // namespace studyhall::worker_shim
