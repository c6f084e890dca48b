#include "core/want.h"

#include "core/enum_names.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 3> kWants{"trials", "tasks", "any"};

}  // namespace

std::string_view to_string(Want want) { return enum_name(kWants, want); }

std::optional<Want> want_from_string(std::string_view name) {
  return enum_from_name<Want>(kWants, name);
}

}  // namespace studyhall
