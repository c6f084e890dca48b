// The further members of a study file's "sampler" object.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace studyhall::sampler {

// Reads options one by one; finish() refuses what nobody asked for. Every message names the
// sampler, the option, the value found and what was expected (Error(Invalid)).
class OptionReader {
 public:
  // `options` null or an object; both outlive this.
  OptionReader(std::string_view sampler, const Json& options);

  [[nodiscard]] bool boolean(std::string_view name, bool otherwise);
  // In [low, high].
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise,
                                     std::int64_t low, std::int64_t high);
  // In (0, high].
  [[nodiscard]] double positive(std::string_view name, double otherwise, double high);
  // One of `names`.
  [[nodiscard]] std::string name(std::string_view name, std::string_view otherwise,
                                 std::initializer_list<std::string_view> names);
  void finish() const;

 private:
  // nullptr where the option is absent.
  const Json* take(std::string_view name);

  std::string_view sampler_;
  const Json& options_;
  std::vector<std::string> known_;
};

}  // namespace studyhall::sampler
