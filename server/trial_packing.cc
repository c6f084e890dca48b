#include "server/trial_packing.h"

#include <initializer_list>
#include <string>
#include <utility>

namespace studyhall::server {

namespace {

// Bits of the head of a packed trial, after the three of its state and the two of its fit.
enum Head : std::uint64_t {
  kHasReason = 1U << 5,
  kHasRecord = 1U << 6,
  kHasConstraints = 1U << 7,
  kHasRan = 1U << 8,
  kHasMetrics = 1U << 9,
  kHasIntermediate = 1U << 10,
  kHasStarted = 1U << 11,
  kHasCompleted = 1U << 12,
  kHasUsage = 1U << 13,
  kHasWords = 1U << 14,  // note, title, description
  kHasEvidence = 1U << 15,
  kHasLinks = 1U << 16,  // voided, confirms, author
  kIsPruned = 1U << 17,
  kIsLate = 1U << 18,
};
constexpr std::uint64_t kStateBits = 7;
constexpr int kFitShift = 3;
constexpr std::uint64_t kFitBits = 3;

bool has_words(const TrialRecord& record) {
  return !record.note.empty() || !record.title.empty() || !record.description.empty();
}

std::uint64_t head_of(const Trial& trial, bool with_record) {
  const TrialRecord& record = trial.record;
  auto head = static_cast<std::uint64_t>(trial.state);
  head |= static_cast<std::uint64_t>(trial.fit) << kFitShift;
  const auto mark = [&head](bool has, Head bit) {
    if (has) head |= bit;
  };
  mark(record.reason.has_value(), kHasReason);
  mark(with_record, kHasRecord);
  mark(!trial.constraints.empty(), kHasConstraints);
  mark(!trial.ran.is_null(), kHasRan);
  mark(!trial.metrics.empty(), kHasMetrics);
  mark(!trial.intermediate.empty(), kHasIntermediate);
  mark(trial.started.has_value(), kHasStarted);
  mark(trial.completed.has_value(), kHasCompleted);
  mark(record.usage != Usage{}, kHasUsage);
  mark(has_words(record), kHasWords);
  mark(!record.evidence.is_null(), kHasEvidence);
  mark(record.voided != 0 || record.confirms >= 0 || !record.author.empty(), kHasLinks);
  mark(record.prune, kIsPruned);
  mark(record.late, kIsLate);
  return head;
}

void pack_usage(const Usage& usage, Packer& out) {
  const int which = (usage.cost_usd ? 1 : 0) | (usage.turns ? 2 : 0) | (usage.tokens ? 4 : 0) |
                    (usage.seconds ? 8 : 0);
  out.byte(static_cast<std::uint8_t>(which));
  if (usage.cost_usd) out.number(*usage.cost_usd);
  if (usage.turns) out.whole(*usage.turns);
  if (usage.tokens) out.whole(*usage.tokens);
  if (usage.seconds) out.number(*usage.seconds);
}

Usage unpack_usage(Unpacker& in) {
  const std::uint8_t which = in.byte();
  Usage usage;
  if ((which & 1) != 0) usage.cost_usd = in.number();
  if ((which & 2) != 0) usage.turns = in.whole();
  if ((which & 4) != 0) usage.tokens = in.whole();
  if ((which & 8) != 0) usage.seconds = in.number();
  return usage;
}

void pack_record(const TrialRecord& record, std::uint64_t head, TextPool& texts, Packer& out) {
  for (const std::string* text :
       {&record.worker, &record.sampler, &record.slice, &record.version}) {
    out.natural(texts.number_of(*text));
  }
  out.byte(static_cast<std::uint8_t>(record.purpose));
  out.whole(record.attempt);
  out.whole(record.pin);
  out.whole(record.pin_version);
  out.whole(record.told - record.as_of);
  if ((head & kHasUsage) != 0) pack_usage(record.usage, out);
  if ((head & kHasWords) != 0) {
    for (const std::string* text : {&record.note, &record.title, &record.description}) {
      out.text(*text);
    }
  }
  if ((head & kHasEvidence) != 0) out.json(record.evidence);
  if ((head & kHasLinks) != 0) {
    out.whole(record.voided);
    out.whole(record.confirms);
    out.natural(texts.number_of(record.author));
  }
}

void unpack_record(Unpacker& in, std::uint64_t head, const TextPool& texts, TrialRecord& record) {
  for (std::string* text : {&record.worker, &record.sampler, &record.slice, &record.version}) {
    *text = texts.text(in.natural());
  }
  record.purpose = static_cast<Purpose>(in.byte());
  record.attempt = static_cast<int>(in.whole());
  record.pin = in.whole();
  record.pin_version = in.whole();
  record.as_of = record.told - in.whole();
  if ((head & kHasUsage) != 0) record.usage = unpack_usage(in);
  if ((head & kHasWords) != 0) {
    for (std::string* text : {&record.note, &record.title, &record.description}) {
      *text = in.text();
    }
  }
  if ((head & kHasEvidence) != 0) record.evidence = in.json();
  if ((head & kHasLinks) != 0) {
    record.voided = in.whole();
    record.confirms = in.whole();
    record.author = texts.text(in.natural());
  }
  record.prune = (head & kIsPruned) != 0;
  record.late = (head & kIsLate) != 0;
}

// What an outline and a trial begin with; `told` and `reason` are a trial's record's.
template <typename Begun>
std::uint64_t unpack_beginning(Unpacker& in, Begun& begun, std::optional<FailReason>& reason,
                               std::int64_t& told) {
  const std::uint64_t head = in.natural();
  begun.state = static_cast<TrialState>(head & kStateBits);
  begun.fit = static_cast<Fit>((head >> kFitShift) & kFitBits);
  told = in.whole();
  reason.reset();
  if ((head & kHasReason) != 0) reason = static_cast<FailReason>(in.byte());
  in.numbers(begun.values);
  begun.constraints.clear();
  if ((head & kHasConstraints) != 0) in.numbers(begun.constraints);
  in.numbers(begun.config);
  return head;
}

}  // namespace

bool is_common(const TrialRecord& record) {
  return record.priority == 0 && record.earlier.empty() && record.foreign.empty() &&
         !record.parked_until && record.tags.empty() && record.after.empty() &&
         record.after_tasks.empty() && record.queue == QueueTerms{} && record.question == 0;
}

void pack(const Trial& trial, bool with_record, TextPool& texts, Packer& out) {
  const std::uint64_t head = head_of(trial, with_record);
  out.natural(head);
  out.whole(trial.record.told);
  if (trial.record.reason) out.byte(static_cast<std::uint8_t>(*trial.record.reason));
  out.numbers(trial.values);
  if (!trial.constraints.empty()) out.numbers(trial.constraints);
  out.numbers(trial.config);
  if (!trial.ran.is_null()) out.json(trial.ran);
  if (!trial.metrics.empty()) {
    out.natural(trial.metrics.size());
    for (const auto& [name, value] : trial.metrics) {
      out.natural(texts.number_of(name));
      out.number(value);
    }
  }
  if (!trial.intermediate.empty()) {
    out.natural(trial.intermediate.size());
    for (const auto& [step, value] : trial.intermediate) {
      out.whole(step);
      out.number(value);
    }
  }
  Duration since{};  // the start, where there is one
  if (trial.started) {
    since = trial.started->time_since_epoch();
    out.whole(since.count());
  }
  if (trial.completed) out.whole((trial.completed->time_since_epoch() - since).count());
  if (with_record) pack_record(trial.record, head, texts, out);
}

bool unpack(std::span<const std::uint8_t> bytes, const TextPool& texts, Trial& trial) {
  Unpacker in(bytes);
  const std::uint64_t head = unpack_beginning(in, trial, trial.record.reason, trial.record.told);
  if ((head & kHasRan) != 0) trial.ran = in.json();
  if ((head & kHasMetrics) != 0) {
    for (std::uint64_t left = in.natural(); left > 0; --left) {
      const std::string& name = texts.text(in.natural());
      trial.metrics.emplace_hint(trial.metrics.end(), name, in.number());
    }
  }
  if ((head & kHasIntermediate) != 0) {
    for (std::uint64_t left = in.natural(); left > 0; --left) {
      const std::int64_t step = in.whole();
      trial.intermediate.emplace_hint(trial.intermediate.end(), step, in.number());
    }
  }
  Duration since{};
  if ((head & kHasStarted) != 0) {
    since = Duration(in.whole());
    trial.started = Timestamp(since);
  }
  if ((head & kHasCompleted) != 0) trial.completed = Timestamp(since + Duration(in.whole()));
  if ((head & kHasRecord) == 0) return false;
  unpack_record(in, head, texts, trial.record);
  return true;
}

void unpack(std::span<const std::uint8_t> bytes, TrialOutline& outline) {
  Unpacker in(bytes);
  static_cast<void>(unpack_beginning(in, outline, outline.reason, outline.told));
}

TrialState unpack_state(std::span<const std::uint8_t> bytes) {
  return static_cast<TrialState>(Unpacker(bytes).natural() & kStateBits);
}

}  // namespace studyhall::server
