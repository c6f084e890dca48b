// Optuna's datetimes: text without a time zone.
//
// Optuna 3.2 to 4 writes the local time of the writing process, Optuna 5 writes UTC
// (optuna/optuna#6776); the schema is the same. A file goes by the version that made it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace studyhall::storage {

enum class NaiveTime { Local, Utc };

// What a file whose version_info names `library_version` ("4.1.0") holds; Local for a text that is
// not a version.
NaiveTime naive_time_of(std::string_view library_version);

// "2026-03-01 12:00:00.000000".
std::string naive_text(Timestamp time, NaiveTime zone);
// nullopt for a text of another form. An hour that occurs twice (end of summer time) is read as the
// C library chooses.
std::optional<Timestamp> parse_naive(std::string_view text, NaiveTime zone);

// parse_naive() of many texts of one zone, in which a minute mostly follows itself.
class NaiveReader {
 public:
  explicit NaiveReader(NaiveTime zone) : zone_(zone) {}
  std::optional<Timestamp> parse(std::string_view text);

 private:
  NaiveTime zone_;
  std::string minute_;   // "2026-03-01 12:00"
  Timestamp its_start_;  // of minute_
};

}  // namespace studyhall::storage
