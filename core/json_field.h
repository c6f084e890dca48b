// Reading JSON that a user wrote: field by field, collecting every problem with its path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json.h"

namespace studyhall {

// The JSON path of member `name` of what stands at `path` (RFC 6901).
std::string member_path(std::string_view path, std::string_view name);

// Integers up to this size are exact in every program that reads JSON numbers as doubles.
inline constexpr std::int64_t kMaxExactInteger = std::int64_t{1} << 53;

// A value and where it stands; or the absence of one. Readers return nullopt for an absent value,
// and for one of the wrong kind or outside its range, which they report.
class JsonField {
 public:
  // `json` may be null (absent). What the pointers name must outlive the field.
  JsonField(const Json* json, std::string path, std::vector<Problem>* problems)
      : json_(json), path_(std::move(path)), problems_(problems) {}

  explicit operator bool() const { return json_ != nullptr; }
  // REQUIRES: present.
  [[nodiscard]] const Json& json() const { return *json_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<Problem>& problems() const { return *problems_; }

  void report(std::string message) const;
  // "expected WHAT, found VALUE" ("missing: expected WHAT" where absent).
  void report_expected(std::string_view what) const;
  // Reports an absent field as missing. Returns *this.
  const JsonField& required(std::string_view expected) const;

  [[nodiscard]] std::optional<std::string> string(std::string_view expected = "a string") const;
  // Finite numbers that are `legal`.
  [[nodiscard]] std::optional<double> number(std::string_view expected = "a finite number",
                                             bool (*legal)(double) = nullptr) const;
  // Integers in [low, high]; 1e3 and 7.0 are integers.
  [[nodiscard]] std::optional<std::int64_t> integer(std::int64_t low = -kMaxExactInteger,
                                                    std::int64_t high = kMaxExactInteger) const;
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::vector<JsonField>> list(
      std::string_view expected = "a list") const;
  [[nodiscard]] std::optional<std::vector<std::pair<std::string, JsonField>>> members(
      std::string_view expected = "an object") const;
  // nullopt if any item is not a string; each such item is reported.
  [[nodiscard]] std::optional<std::vector<std::string>> strings(
      std::string_view expected = "a list of strings") const;

 private:
  const Json* json_;
  std::string path_;
  std::vector<Problem>* problems_;
};

// An object whose fields are known by name. Fields that nobody asked for are the reader's to
// report.
class ObjectReader {
 public:
  // Reports anything but an object (or an absent field), whose fields are then all absent.
  explicit ObjectReader(JsonField object, std::string_view expected = "an object");

  // The field of that name, known from now on.
  JsonField field(std::string_view name);
  // Fields that have not been asked for.
  [[nodiscard]] std::vector<std::pair<std::string, JsonField>> unread() const;
  // Reports `field` as unknown, with the nearest known name, else with all of them.
  void report_unknown(const JsonField& field, std::string_view name) const;
  // Reports every field that has not been asked for.
  void close() const;

  [[nodiscard]] bool is_object() const { return is_object_; }
  [[nodiscard]] const std::string& path() const { return object_.path(); }
  [[nodiscard]] std::vector<Problem>& problems() const { return object_.problems(); }

 private:
  JsonField object_;
  bool is_object_;
  std::vector<std::string> known_;
};

}  // namespace studyhall
