#include "storage/common_record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace studyhall::storage {
namespace {

// Reads the members of a flat object one after the other; `failed` once something is not as
// expected.
class FlatReader {
 public:
  explicit FlatReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }

  // Whether the next character is `expected`, which is then passed over.
  bool take(char expected) {
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }
  void expect(char expected) { failed_ = failed_ || !take(expected); }

  // ASCII without escapes.
  std::string_view text() {
    expect('"');
    const char* const close = std::find_if(at_, end_, [](char c) {
      return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ' ||
             static_cast<unsigned char>(c) > '~';
    });
    const std::string_view text(at_, static_cast<std::size_t>(close - at_));
    at_ = close;
    expect('"');
    return text;
  }

  template <typename Number>
  void number(Number& into) {
    const char* const digit = at_ != end_ && *at_ == '-' ? at_ + 1 : at_;
    const bool leads_with_zero = end_ - digit > 1 && *digit == '0' && is_digit(digit[1]);
    if (digit == end_ || !is_digit(*digit) || leads_with_zero) {
      failed_ = true;
      return;
    }
    const auto [after, code] = std::from_chars(at_, end_, into);
    at_ = after;
    failed_ = failed_ || code != std::errc() || at_ == end_ || (*at_ != ',' && *at_ != '}');
  }

  void fail() { failed_ = true; }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

enum class Member {
  Worker,
  Purpose,
  Attempt,
  Sampler,
  Slice,
  Pin,
  PinVersion,
  AsOf,
  Told,
  Priority,
  Reason,
  Version,
  RowState,
  Started,
  Completed,
};
constexpr std::array<std::string_view, 15> kMembers{
    "worker", "purpose",  "attempt", "sampler", "slice",     "pin",        "pin_version", "as_of",
    "told",   "priority", "reason",  "version", "row_state", "started_us", "completed_us"};

constexpr std::uint32_t bit_of(Member member) {
  return std::uint32_t{1} << static_cast<std::uint32_t>(member);
}

void read_time(FlatReader& in, std::optional<Timestamp>& into) {
  std::int64_t microseconds = 0;
  in.number(microseconds);
  into = Timestamp(Duration(microseconds));
}

template <typename Value>
void read_named(FlatReader& in, const std::optional<Value>& value, Value& into) {
  if (!value) return in.fail();
  into = *value;
}

void read_member(FlatReader& in, Member member, StoredRecord& stored) {
  TrialRecord& record = stored.record;
  switch (member) {
    case Member::Worker:
      record.worker = in.text();
      return;
    case Member::Purpose:
      return read_named(in, purpose_from_string(in.text()), record.purpose);
    case Member::Attempt:
      return in.number(record.attempt);
    case Member::Sampler:
      record.sampler = in.text();
      return;
    case Member::Slice:
      record.slice = in.text();
      return;
    case Member::Pin:
      return in.number(record.pin);
    case Member::PinVersion:
      return in.number(record.pin_version);
    case Member::AsOf:
      return in.number(record.as_of);
    case Member::Told:
      return in.number(record.told);
    case Member::Priority:
      return in.number(record.priority);
    case Member::Reason:
      return read_named(in, fail_reason_from_string(in.text()), record.reason.emplace());
    case Member::Version:
      record.version = in.text();
      return;
    case Member::RowState:
      return read_named(in, trial_state_from_string(in.text()), stored.times.state);
    case Member::Started:
      return read_time(in, stored.times.started);
    case Member::Completed:
      return read_time(in, stored.times.completed);
  }
}

}  // namespace

std::optional<StoredRecord> read_common_record(std::string_view text) {
  FlatReader in(text);
  StoredRecord stored;
  std::uint32_t seen = 0;
  in.expect('{');
  do {
    const auto found = std::ranges::find(kMembers, in.text());
    in.expect(':');
    if (in.failed() || found == kMembers.end()) return std::nullopt;
    const auto member = static_cast<Member>(found - kMembers.begin());
    if ((seen & bit_of(member)) != 0) return std::nullopt;
    seen |= bit_of(member);
    read_member(in, member, stored);
  } while (!in.failed() && in.take(','));
  in.expect('}');
  const bool has_state = (seen & bit_of(Member::RowState)) != 0;
  if (in.failed() || !in.at_end() || !has_state) return std::nullopt;
  return stored;
}

}  // namespace studyhall::storage
