// Reading the body of an event, with errors that name the event.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/event.h"

namespace studyhall::server {

class EventBody {
 public:
  explicit EventBody(const Event& event) : event_(event) {}

  [[nodiscard]] bool has(const char* key) const { return event_.body.contains(key); }
  // What every event of this kind has. Throws Error(Unsupported) where it is absent, as builds
  // before it was introduced wrote it; Error(Corrupt) where it is something else than a T.
  template <typename T>
  [[nodiscard]] T need(const char* key) const {
    if (!has(key)) throw lacks(key);
    return read<T>(key);
  }
  // `absent` where it is not there.
  template <typename T>
  [[nodiscard]] T get(const char* key, T absent = {}) const {
    return has(key) ? read<T>(key) : absent;
  }
  [[nodiscard]] const Json& json() const { return event_.body; }

  [[nodiscard]] std::int64_t number() const { return need<std::int64_t>("number"); }
  // Throws Error(Corrupt) for the event, telling why.
  [[noreturn]] void refuse(const std::string& why) const;
  [[nodiscard]] Error lacks(const char* key) const;

 private:
  template <typename T>
  [[nodiscard]] T read(const char* key) const {
    try {
      return event_.body.at(key).template get<T>();
    } catch (const Json::exception&) {
      refuse("its \"" + std::string(key) + "\" is " + brief(event_.body.at(key)));
    }
  }

  const Event& event_;
};

// The value that the body's `key` names. Throws as need() does, and Error(Corrupt) for no name of
// one.
template <typename T>
T named(const EventBody& body, const char* key, std::optional<T> (*from_string)(std::string_view)) {
  const auto value = from_string(body.need<std::string>(key));
  if (!value) {
    body.refuse("\"" + std::string(key) + "\" is " + brief(body.json().at(key)));
  }
  return *value;
}

// "event 17 (told)".
std::string name_of(const Event& event);

}  // namespace studyhall::server
