#include "sampler/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "core/space.h"

namespace studyhall::sampler {
namespace {

[[noreturn]] void refuse(std::string_view sampler, std::string_view name, const Json& found,
                         std::string_view expected) {
  throw Error(ErrorCode::Invalid, fmt::format("sampler {}: {} is {}; expected {}", sampler, name,
                                              brief(found), expected));
}

}  // namespace

OptionReader::OptionReader(std::string_view sampler, const Json& options)
    : sampler_(sampler), options_(options) {
  if (!options.is_null() && !options.is_object()) {
    throw Error(ErrorCode::Invalid, fmt::format("sampler {}: options are {}; expected an object",
                                                sampler, brief(options)));
  }
}

const Json* OptionReader::take(std::string_view name) {
  known_.emplace_back(name);
  if (!options_.is_object()) return nullptr;
  const auto found = options_.find(known_.back());
  return found == options_.end() ? nullptr : &*found;
}

bool OptionReader::boolean(std::string_view name, bool otherwise) {
  const Json* value = take(name);
  if (!value) return otherwise;
  if (!value->is_boolean()) refuse(sampler_, name, *value, "true or false");
  return value->get<bool>();
}

std::int64_t OptionReader::integer(std::string_view name, std::int64_t otherwise, std::int64_t low,
                                   std::int64_t high) {
  const Json* value = take(name);
  if (!value) return otherwise;
  const std::string expected = fmt::format("an integer from {} to {}", low, high);
  if (!value->is_number_integer()) refuse(sampler_, name, *value, expected);
  // An unsigned number too large for the signed type is beyond `high` as well.
  const bool huge =
      value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(high);
  if (huge || value->get<std::int64_t>() < low || value->get<std::int64_t>() > high) {
    refuse(sampler_, name, *value, expected);
  }
  return value->get<std::int64_t>();
}

double OptionReader::positive(std::string_view name, double otherwise, double high) {
  const Json* value = take(name);
  if (!value) return otherwise;
  const std::string expected = fmt::format("a number above 0, at most {}", high);
  if (!value->is_number()) refuse(sampler_, name, *value, expected);
  const double number = value->get<double>();
  if (!(number > 0 && number <= high)) refuse(sampler_, name, *value, expected);
  return number;
}

std::string OptionReader::name(std::string_view name, std::string_view otherwise,
                               std::initializer_list<std::string_view> names) {
  const Json* value = take(name);
  if (!value) return std::string(otherwise);
  if (!value->is_string() ||
      std::find(names.begin(), names.end(), value->get<std::string>()) == names.end()) {
    refuse(sampler_, name, *value, fmt::format("one of {}", fmt::join(names, ", ")));
  }
  return value->get<std::string>();
}

void OptionReader::finish() const {
  if (!options_.is_object()) return;
  for (const auto& [name, value] : options_.items()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const std::optional<std::string> near = nearest_name(name, known_);
    const std::string hint = near ? fmt::format("; did you mean {}?", *near) : std::string();
    const std::string expected =
        known_.empty() ? "it has none" : fmt::format("it has {}", fmt::join(known_, ", "));
    throw Error(ErrorCode::Invalid,
                fmt::format("sampler {}: unknown option {}: {}{}", sampler_, name, expected, hint));
  }
}

}  // namespace studyhall::sampler
