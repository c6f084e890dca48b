#include "server/explaining.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "core/cpu_level.h"
#include "server/event_body.h"
#include "server/replayed_study.h"
#include "server/study_views.h"

namespace studyhall::server {

namespace {

constexpr int kPage = 5'000;

bool same_bits(const Config& a, const Config& b) {
  return std::ranges::equal(a, b, [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) ||
           (std::isnan(x) && std::isnan(y));
  });
}

// The values in the order of the study file; parameters that it does not have any more come last.
std::vector<ExplainedValue> values_of(const Json& params, const std::vector<std::string>& order) {
  std::vector<ExplainedValue> values;
  for (const std::string& name : order) {
    if (params.contains(name)) values.push_back({name, params[name], std::nullopt});
  }
  for (const auto& [name, value] : params.items()) {
    if (std::find(order.begin(), order.end(), name) == order.end()) {
      values.push_back({name, value, std::nullopt});
    }
  }
  return values;
}

std::vector<std::string> names_of(const SearchSpace& space) {
  std::vector<std::string> names;
  for (const Parameter& p : space.params()) names.push_back(p.name);
  return names;
}

// What one trial's values were drawn from.
class Explainer {
 public:
  Explainer(storage::Storage& storage, const ExplainTask& task) : storage_(storage), task_(task) {
    out_.number = task_.trial.number;
    out_.purpose = task_.trial.record.purpose;
    out_.attempt = task_.trial.record.attempt;
    out_.worker = task_.trial.record.worker;
    out_.values = values_of(task_.trial.params, task_.parameters);
  }

  Explanation run() {
    const TrialRecord& record = task_.trial.record;
    if (record.late) {
      out_.of = task_.first;
      out_.about = "the late result of another trial, whose lease had passed on";
      if (out_.of) {
        out_.about =
            fmt::format("the late result of trial {}, whose lease had passed on", *out_.of);
      }
      return std::move(out_);
    }
    if (record.as_of == 0) {
      out_.about = never_handed_out();
      return std::move(out_);
    }
    try {
      find_asks();
      if (mine_.empty()) throw Error(ErrorCode::Corrupt, "no event hands the trial out");
      take(mine_.front());
      ask_again();
      describe();
      if (out_.doubt.empty() && mine_.back().body.at("params") != task_.trial.params) {
        distrust(
            "the trial is stored with other values than it was handed out with: the database "
            "was altered");
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Unsupported && error.code() != ErrorCode::Corrupt) throw;
      distrust(std::string("the study cannot be made again up to this trial: ") + error.what());
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string never_handed_out() const {
    if (!task_.trial.record.foreign.empty()) {
      return "another program wrote it into the database: why is not known here";
    }
    if (task_.trial.state != TrialState::Waiting) return "it was never handed out";
    return "it waits in the queue: what is open is chosen when it is handed out";
  }

  // In their order, until `visit` says no.
  template <typename Visit>
  void for_each(Visit visit) {
    std::int64_t after = 0;
    for (;;) {
      const std::vector<Event> page = storage_.events(task_.study, after, kPage);
      if (page.empty()) return;
      for (const Event& event : page) {
        if (!visit(event)) return;
      }
      after = page.back().sequence;
    }
  }

  // Every ask up to the last one of the trial.
  void find_asks() {
    for_each([&](const Event& event) {
      if (event.kind != EventKind::Asked) return true;
      const EventBody body(event);
      ReplayedStudy::Ask ask{event.sequence, body.need<std::int64_t>("as_of"), body.number(),
                             body.need<std::string>("worker"), false};
      if (ask.number == task_.trial.number) {
        ask.draw = true;
        mine_.push_back(event);
      }
      asks_.push_back(std::move(ask));
      return mine_.empty() || asks_.back().as_of != task_.trial.record.as_of ||
             asks_.back().number != task_.trial.number;
    });
  }

  // What the event says of itself.
  void take(const Event& asked) {
    const EventBody body(asked);
    out_.worker = body.need<std::string>("worker");
    if (const auto purpose = purpose_from_string(body.need<std::string>("purpose"))) {
      out_.purpose = *purpose;
    }
    out_.sampler = body.need<std::string>("sampler");
    out_.sampler_version = body.need<int>("sampler_version");
    out_.pin = body.need<std::int64_t>("pin");
    out_.pin_version = body.need<std::int64_t>("pin_version");
    out_.as_of = body.need<std::int64_t>("as_of");
  }

  void ask_again() {
    std::optional<ReplayedStudy> study;
    auto next = mine_.begin();
    for_each([&](const Event& event) {
      if (study) {
        study->take(event);
      } else {
        study.emplace(event, std::move(asks_));
      }
      while (next != mine_.end()) {
        const ReplayedStudy::Redrawn* again = study->redrawn(next->sequence);
        if (again == nullptr) break;
        if (again->draw) judge(*next, *again, study->model());
        ++next;
      }
      return next != mine_.end();
    });
    if (next != mine_.end()) {
      throw Error(ErrorCode::Corrupt,
                  name_of(*next) + ": its \"as_of\" was no moment to ask for this trial");
    }
  }

  void judge(const Event& asked, const ReplayedStudy::Redrawn& again, const StudyModel& study) {
    take(asked);
    drawn_ = true;
    out_.results = study.count(TrialState::Complete) + study.count(TrialState::Pruned);
    out_.running = study.count(TrialState::Running);
    const Json& params = asked.body.at("params");
    out_.values = values_of(params, names_of(study.space()));
    const Config config = study.space().partial_from_json(params).config;
    const Draw& draw = *again.draw;
    if (draw.exhausted || !same_bits(draw.config, config) || draw.sampler != out_.sampler ||
        draw.slice.key != EventBody(asked).need<std::string>("slice")) {
      distrust(difference(EventBody(asked), draw, study.space()));
      return;
    }
    out_.doubt.clear();
    out_.why = draw.why;
    out_.terms = draw.terms;
    for (ExplainedValue& value : out_.values) {
      value.source = source_of(*study.space().find(value.name), again, study.spec());
    }
  }

  [[nodiscard]] std::string difference(const EventBody& body, const Draw& draw,
                                       const SearchSpace& space) const {
    const std::string says =
        draw.exhausted ? "that nothing is left" : dump_json(space.to_json(draw.config));
    const std::string cpu = body.get<std::string>("cpu");
    const std::string because =
        cpu != cpu_level()
            ? fmt::format("a CPU of another level chose it ({}, this one is {})", cpu, cpu_level())
            : "another build chose it, or the database was altered";
    return fmt::format("{}, asked again, says {}: {}",
                       draw.sampler.empty() ? "the sampler" : draw.sampler, says, because);
  }

  [[nodiscard]] static ValueSource source_of(std::size_t p, const ReplayedStudy::Redrawn& again,
                                             const StudySpec& spec) {
    const std::vector<Domain>& domains = again.draw->slice.domains;
    if (domains.empty()) return ValueSource::Default;
    if (domains[p].free) return ValueSource::Free;
    if (!again.ask.given.empty()) return ValueSource::Given;
    const auto worker = spec.workers.find(again.ask.worker);
    const bool fixed = worker != spec.workers.end() &&
                       std::any_of(worker->second.fixed.begin(), worker->second.fixed.end(),
                                   [&](const auto& value) { return value.first == p; });
    return fixed ? ValueSource::Fixed : ValueSource::Pin;
  }

  // What the trial is for, where it is no plain suggestion.
  void describe() {
    if (out_.purpose == Purpose::Replicate) {
      out_.of = task_.first;
      out_.about = out_.of ? fmt::format("runs the configuration of trial {} once more", *out_.of)
                           : "runs the configuration of an earlier trial once more";
    } else if (out_.purpose == Purpose::Enqueued) {
      out_.about = drawn_ ? "enqueued with some of its values; the sampler chose the others"
                          : "enqueued with all its values: no sampler was asked";
    }
    if (!drawn_) {
      out_.sampler.clear();
      out_.sampler_version = 0;
      out_.as_of = 0;
      out_.pin = -1;
      out_.pin_version = 0;
      for (ExplainedValue& value : out_.values) value.source = ValueSource::Given;
    }
    if (out_.attempt > 1) {
      out_.about += fmt::format("{}attempt {}, with the values of the first",
                                out_.about.empty() ? "" : "; ", out_.attempt);
    }
  }

  void distrust(std::string why) {
    out_.doubt = std::move(why);
    out_.why.clear();
    out_.terms.clear();
    for (ExplainedValue& value : out_.values) value.source.reset();
  }

  storage::Storage& storage_;
  const ExplainTask& task_;
  std::vector<ReplayedStudy::Ask> asks_;
  std::vector<Event> mine_;  // the Asked events of the trial
  bool drawn_ = false;
  Explanation out_;
};

}  // namespace

ExplainTask explain_task(const StudyModel& study, std::int64_t number) {
  const Trial& trial = study.trial(number);
  ExplainTask task;
  task.study = study.record().id;
  task.trial = view_trial(study, trial);
  task.parameters = names_of(study.space());
  TrialOutline other;
  for (std::int64_t n = 0; n < number; ++n) {
    study.trials().read(static_cast<std::size_t>(n), other);
    if (same_bits(other.config, trial.config)) {
      task.first = n;
      break;
    }
  }
  return task;
}

Explanation explain(storage::Storage& storage, const ExplainTask& task) {
  return Explainer(storage, task).run();
}

}  // namespace studyhall::server
