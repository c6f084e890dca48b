// JSON objects made without copies.
#pragma once

#include <utility>

#include "core/json.h"

namespace studyhall {

// An object of these members, in order: json_object("number", 7, "worker", "W1"). Where it counts:
// an initializer list copies every value twice. REQUIRES: keys are distinct.
template <typename... Members>
Json json_object(Members&&... members) {
  static_assert(sizeof...(members) % 2 == 0, "a value for each key");
  Json object = Json::object();
  Json::object_t::Container& items = object.get_ref<Json::object_t&>();
  items.reserve(sizeof...(members) / 2);
  const auto add = [&items](const auto& self, const char* key, auto&& value,
                            auto&&... others) -> void {
    items.emplace_back(key, std::forward<decltype(value)>(value));
    if constexpr (sizeof...(others) > 0) self(self, std::forward<decltype(others)>(others)...);
  };
  add(add, std::forward<Members>(members)...);
  return object;
}

}  // namespace studyhall
