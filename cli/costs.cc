#include "cli/costs.h"

#include <algorithm>

#include "cli/text.h"
#include "core/event.h"

namespace studyhall::cli {

namespace {

constexpr int kPage = 1000;

void note_time(std::optional<Timestamp>& kept, const std::optional<Timestamp>& time, bool earlier) {
  if (!time) return;
  if (!kept || (earlier ? *time < *kept : *time > *kept)) kept = time;
}

Usage usage_of(const Json& json) {
  Usage usage;
  if (!json.is_object()) return usage;
  const auto number = [&](const char* name) -> std::optional<double> {
    const auto member = json.find(name);
    if (member == json.end() || !member->is_number()) return std::nullopt;
    return member->get<double>();
  };
  const auto whole = [&](const char* name) -> std::optional<std::int64_t> {
    const auto value = number(name);
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
  };
  usage.cost_usd = number("cost_usd");
  usage.turns = whole("turns");
  usage.tokens = whole("tokens");
  usage.seconds = number("seconds");
  return usage;
}

// The agent's model by a study file; "" where no agent runs.
std::string model_of(const Json& file) {
  const Json experiment = file.value("experiment", Json::object());
  if (!experiment.is_object() || experiment.value("agent", "") != "claude") return "";
  const Json claude = experiment.value("claude", Json::object());
  const std::string model = claude.is_object() ? claude.value("model", "") : "";
  return model.empty() ? "the CLI's default" : model;
}

// Goes through the events once.
class Reader {
 public:
  explicit Reader(Costs& costs) : costs_(costs) {}

  void read(const Event& event) {
    switch (event.kind) {
      case EventKind::Created:
        model_ = model_of(event.body.contains("file") ? event.body["file"] : event.body);
        break;
      case EventKind::Edited:
        if (event.body.contains("file")) model_ = model_of(event.body["file"]);
        break;
      case EventKind::Asked:
        note_time(figures(event).first, event.time, true);
        break;
      case EventKind::Told:
      case EventKind::TaskTold:
        told(event);
        break;
      case EventKind::NewBest:
        ++costs_.improvements;
        break;
      case EventKind::Parked:
      case EventKind::TaskParked:
        parked_[key(event)] = event.time;
        break;
      case EventKind::Unparked:
      case EventKind::TaskUnparked:
      case EventKind::LeaseLost:
      case EventKind::TaskLeaseLost:
      case EventKind::Released:
      case EventKind::TaskReleased:
        unpark(event);
        break;
      default:
        break;
    }
  }

 private:
  WorkerFigures& figures(const Event& event) {
    return costs_.workers[event.body.value("worker", event.author)];
  }
  // A trial or a task.
  static std::string key(const Event& event) {
    const bool is_task = event.body.contains("task");
    return (is_task ? "t" : "") + dump_json(event.body.value(is_task ? "task" : "number", Json()));
  }

  void unpark(const Event& event) {
    const auto parked = parked_.find(key(event));
    if (parked == parked_.end()) return;
    figures(event).limited_s += to_seconds(event.time - parked->second);
    parked_.erase(parked);
  }

  void told(const Event& event) {
    unpark(event);
    const Usage usage = usage_of(event.body.value("usage", Json()));
    WorkerFigures& worker = figures(event);
    worker.used.add(usage);
    costs_.total.add(usage);
    costs_.days[format_time(event.time).substr(0, 10)].add(usage);
    costs_.models[model_].add(usage);
    note_time(worker.last, event.time, false);
    const std::string state = event.body.value("state", "");
    const Json requeued = event.body.value("requeued", Json(false));
    if (requeued.is_boolean() && requeued.get<bool>())
      ++worker.sent_back;
    else if (event.kind == EventKind::Told)
      ++(state == "failed" ? worker.failed : worker.done);
    if (event.body.value("cause", "") == "stall") {
      ++worker.stalls;
      worker.stalled_s += usage.seconds.value_or(0);
    }
  }

  Costs& costs_;
  std::string model_;
  std::map<std::string, Timestamp> parked_;
};

Json sum_json(const CostSum& sum) {
  return {{"cost_usd", sum.cost_usd},
          {"turns", sum.turns},
          {"tokens", sum.tokens},
          {"seconds", sum.seconds},
          {"runs", sum.runs}};
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

}  // namespace

void CostSum::add(const Usage& usage) {
  cost_usd += usage.cost_usd.value_or(0);
  turns += usage.turns.value_or(0);
  tokens += usage.tokens.value_or(0);
  seconds += usage.seconds.value_or(0);
  ++runs;
}

std::optional<double> WorkerFigures::trials_an_hour() const {
  if (!first || !last || *last <= *first) return std::nullopt;
  return static_cast<double>(done) / to_seconds(*last - *first) * 3600;
}

std::optional<double> WorkerFigures::failure_rate() const {
  if (done + failed == 0) return std::nullopt;
  return static_cast<double>(failed) / static_cast<double>(done + failed);
}

Costs read_costs(StudyApi& api, const StudyInfo& info) {
  Costs costs;
  Reader reader(costs);
  for (std::int64_t after = 0;;) {
    const std::vector<Event> page = api.events(info.name, after, kPage);
    for (const Event& event : page) reader.read(event);
    if (static_cast<int>(page.size()) < kPage) break;
    after = page.back().sequence;
  }
  if (costs.improvements > 0 && costs.total.cost_usd > 0)
    costs.per_improvement_usd = costs.total.cost_usd / static_cast<double>(costs.improvements);
  return costs;
}

Json to_json(const Costs& costs) {
  Json workers = Json::object();
  for (const auto& [name, worker] : costs.workers) {
    Json entry = sum_json(worker.used);
    entry["done"] = worker.done;
    entry["failed"] = worker.failed;
    entry["sent_back"] = worker.sent_back;
    entry["trials_an_hour"] = or_null(worker.trials_an_hour());
    entry["failure_rate"] = or_null(worker.failure_rate());
    entry["stalls"] = worker.stalls;
    entry["stalled_s"] = worker.stalled_s;
    entry["limited_s"] = worker.limited_s;
    workers[name] = std::move(entry);
  }
  Json days = Json::object();
  for (const auto& [day, sum] : costs.days) days[day] = sum_json(sum);
  Json models = Json::object();
  for (const auto& [model, sum] : costs.models) models[model] = sum_json(sum);
  return {{"total", sum_json(costs.total)},
          {"workers", std::move(workers)},
          {"days", std::move(days)},
          {"models", std::move(models)},
          {"improvements", costs.improvements},
          {"per_improvement_usd", or_null(costs.per_improvement_usd)}};
}

}  // namespace studyhall::cli
