// How the server's log looks.
#pragma once

#include <string>

namespace studyhall::server {

enum class LogFormat { Text, Json };

// The program's log goes to standard error from now on, a line each, from `level` ("debug", "info",
// "warning", "error") on. Json: {"time", "level", "message"}; what is logged as a JSON object gives
// its members in place of the message.
void configure_log(LogFormat format, const std::string& level);

// One line of LogFormat::Json, without its end.
std::string json_log_line(const std::string& time, const std::string& level,
                          const std::string& message);

}  // namespace studyhall::server
