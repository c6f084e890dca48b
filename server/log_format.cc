#include "server/log_format.h"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "core/clock.h"
#include "core/json.h"

namespace studyhall::server {
namespace {

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(message.level);
    const std::string line =
        json_log_line(format_utc(std::chrono::floor<Duration>(message.time)),
                      std::string(level.data(), level.size()),
                      std::string(message.payload.data(), message.payload.size())) +
        "\n";
    out.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

std::string json_log_line(const std::string& time, const std::string& level,
                          const std::string& message) {
  Json line{{"time", time}, {"level", level}};
  const Json members =
      message.starts_with('{') ? Json::parse(message, nullptr, false) : Json(message);
  if (members.is_object()) {
    line.update(members);
  } else {
    line["message"] = message;
  }
  return dump_json(line);
}

void configure_log(LogFormat format, const std::string& level) {
  auto logger =
      std::make_shared<spdlog::logger>("study", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (format == LogFormat::Json) {
    logger->set_formatter(std::make_unique<JsonFormatter>());
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  }
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace studyhall::server
