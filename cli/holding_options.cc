#include "cli/holding_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli/arguments.h"
#include "cli/shared_options.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::duration<double> kPause{1};
constexpr double kLongestWaitS = 1e6;

}  // namespace

void add_wait(CLI::App& command, std::string& target) {
  command
      .add_option("--wait", target,
                  "seconds to wait for something to do where there is nothing now")
      ->type_name("S");
}

double wait_seconds(const std::string& text) {
  const double wait_s = text.empty() ? 0 : parse_number(text, "--wait");
  if (wait_s >= 0 && wait_s <= kLongestWaitS) return wait_s;
  throw Error(ErrorCode::Invalid,
              fmt::format("--wait: {}, expected seconds, 0 to {}", wait_s, kLongestWaitS));
}

AskAnswer ask_waiting(StudyApi& api, const std::string& study, AskRequest request, double wait_s) {
  using SteadyClock = std::chrono::steady_clock;
  const auto until = SteadyClock::now() + std::chrono::duration<double>(wait_s);
  while (true) {
    const auto begin = SteadyClock::now();
    const std::chrono::duration<double> left = until - begin;
    request.wait_s = std::clamp(left.count(), 0.0, kMostWaitSeconds);
    AskAnswer answer = api.ask(study, request);
    if (answer.status != AskStatus::Wait || SteadyClock::now() >= until) return answer;
    // A server that is ending answers early.
    if (SteadyClock::now() - begin < left / 2) std::this_thread::sleep_for(std::min(left, kPause));
  }
}

void add_park_options(CLI::App& command, ParkArguments& target) {
  add_lease(command, target.lease);
  command.add_option("--until", target.until, "time in UTC")->type_name("TIME");
  command.add_option("--for-s", target.for_s, "seconds from now")->type_name("S");
  command.add_option("--reason", target.reason, "words kept with the event")->type_name("TEXT");
}

ParkRequest park_request(const ParkArguments& arguments) {
  ParkRequest request;
  request.lease = arguments.lease;
  request.reason = arguments.reason;
  if (!arguments.until.empty()) {
    request.until = parse_utc(arguments.until);
    if (!request.until)
      throw Error(ErrorCode::Invalid, fmt::format("--until: \"{}\", expected a time in UTC such as "
                                                  "2026-03-01T12:00:00Z",
                                                  arguments.until));
  }
  if (!arguments.for_s.empty()) request.for_s = parse_number(arguments.for_s, "--for-s");
  if (request.until.has_value() == request.for_s.has_value())
    throw Error(ErrorCode::Invalid, "park: give --until or --for-s");
  return request;
}

}  // namespace studyhall::cli
