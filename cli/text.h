// Words and figures as people read them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/json.h"

namespace studyhall::cli {

// Columns that UTF-8 `text` takes on a terminal: wide characters take two, combining ones none.
std::size_t display_width(std::string_view text);

// At most `width` columns of `text`; a shortened one ends in "…".
std::string ellipsize(std::string_view text, std::size_t width);

// `text` on one line that cannot steer a terminal: control characters become a blank, bytes that
// are not UTF-8 U+FFFD.
std::string printable(std::string_view text);

// Six significant digits: "1.0832", "1.2e-07".
std::string format_number(double value);
// One or several values, separated by ", "; "" for none.
std::string format_values(const std::vector<double>& values);
// A JSON scalar without quotes.
std::string format_scalar(const Json& value);
// "name=value" for each, separated by a blank.
std::string format_params(const Json& params);
std::string format_metrics(const std::map<std::string, double>& metrics);

// "1.3s", "48s", "3m 12s", "2h 05m", "3d 04h"; negative ones as "0.0s".
std::string format_duration(Duration duration);
// "2026-03-01 12:00:00" UTC.
std::string format_time(Timestamp time);

// "1 trial", "2 trials".
std::string count_of(std::int64_t count, std::string_view noun);

}  // namespace studyhall::cli
