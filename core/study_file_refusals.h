// What the rules of a study file allow and this build does not have: refused by name, never
// ignored. A build that gains a feature deletes its rows.
#pragma once

#include <span>
#include <string_view>

#include "core/json_field.h"

namespace studyhall {

struct Refusal {
  std::string_view path;     // "*" stands for any one name
  std::string_view value;    // this string only; empty: every value
  std::string_view why;      // "this build ..."
  std::string_view instead;  // what to do
};

std::span<const Refusal> refusals();

// Reports `field` where the table has its path and its value. Returns whether it did.
bool report_refused(const JsonField& field);

// Reports every field that nobody asked for: those of the table as refused, others as unknown.
void close_refusing(const ObjectReader& object);

}  // namespace studyhall
