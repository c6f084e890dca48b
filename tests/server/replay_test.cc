// Every suggestion can be made again from the study's events alone.

#include <map>
#include <set>

#include "core/rng.h"
#include "server/asker.h"
#include "server/standing.h"
#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

// A study as its events up to some point tell it.
class Replayed {
 public:
  explicit Replayed(std::shared_ptr<const StudySpec> spec) : spec_(spec), standing_(*spec) {}

  void take(const Event& event) {
    if (!event.body.contains("number")) return;
    Trial& trial = trials_[event.body["number"]];
    trial.number = event.body["number"];
    if (event.kind == EventKind::Asked) {
      trial.state = TrialState::Running;
      trial.config = spec_->space.partial_from_json(event.body["params"]).config;
      trial.record.slice = event.body["slice"];
      trial.record.sampler = event.body["sampler"];
    } else if (event.kind == EventKind::LeaseLost || event.kind == EventKind::Released) {
      trial.state = TrialState::Waiting;
    } else if (event.kind == EventKind::Told) {
      take_result(event, trial);
    } else {
      return;
    }
    changes_.push_back({trial.number, observe(trial)});
  }

  // What the asked event says was suggested, suggested anew.
  Config suggest(const Event& asked, Asker& asker) {
    asker.reset(changes_);
    AskSnapshot ask;
    ask.number = asked.body["number"];
    ask.worker = asked.body["worker"];
    Rng rng = Rng::for_trial(spec_->seed, ask.number, kPinStream);
    ask.pin = standing_.pin(spec_->space, {}, rng);
    EXPECT_EQ(ask.pin.number, asked.body["pin"]);
    EXPECT_EQ(ask.pin.version, asked.body["pin_version"]);
    return asker
        .draw(ask,
              [&](const Config& config) {
                for (const auto& [number, trial] : trials_) {
                  if (trial.config == config) return true;
                }
                return false;
              })
        .config;
  }

 private:
  void take_result(const Event& event, Trial& trial) {
    const auto reason = fail_reason_from_string(event.body.value("reason", ""));
    if (reason && reason != FailReason::BadConfig) {
      trial.state = TrialState::Waiting;
      return;
    }
    trial.state = *trial_state_from_string(event.body["state"].get<std::string>());
    if (trial.state != TrialState::Complete) return;
    trial.values = event.body["values"].get<std::vector<double>>();
    standing_.add(trial, config_hash(spec_->space, trial.config));
  }

  static std::optional<Observation> observe(const Trial& trial) {
    if (trial.state == TrialState::Waiting) return std::nullopt;
    Observation observation;
    observation.number = trial.number;
    observation.state = trial.state;
    observation.infeasible_config = trial.state == TrialState::Fail;
    observation.config = trial.config;
    observation.values = trial.values;
    observation.slice = trial.record.slice;
    observation.sampler = trial.record.sampler;
    return observation;
  }

  std::shared_ptr<const StudySpec> spec_;
  Standing standing_;
  std::map<std::int64_t, Trial> trials_;
  std::vector<HistoryChange> changes_;
};

class Replay : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Replay, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Replay, EventsGiveEverySuggestionAgain) {
  Json file = Json::parse(R"({"name": "s", "direction": "minimize", "seed": 3,
    "params": {"x": {"type": "float", "low": 0, "high": 1, "default": 0.5},
               "y": {"type": "float", "low": 0.001, "high": 1, "log": true},
               "k": {"type": "int", "low": 0, "high": 9},
               "c": {"type": "categorical", "choices": ["a", "b", "c"]}},
    "require": ["x + y <= 1.6"],
    "workers": {"W1": {"focus": ["x", "y"], "sampler": "cmaes"}, "W2": {"focus": ["k", "c"]}}})");
  create(file);
  Rng rng = Rng::for_trial(17, 0);
  std::vector<AskedTrial> running;
  for (int step = 0; step < 240; ++step) {
    if (running.size() < 4 && rng.uniform() < 0.6) {
      running.push_back(ask("W" + std::to_string(rng.index(4))));
      continue;
    }
    if (running.empty()) continue;
    const std::size_t at = rng.index(running.size());
    const AskedTrial trial = running[at];
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(at));
    const double draw = rng.uniform();
    if (draw < 0.1) {
      fail(trial, FailReason::BadConfig);
    } else if (draw < 0.2) {
      fail(trial, FailReason::Infra);
    } else {
      tell(trial, std::abs(trial.params["x"].get<double>() - 0.3));
    }
    if (step % 50 == 49) restart();
  }

  const auto spec = parse_study_spec(service_->study("s").spec);
  const std::vector<Event> events = service_->events("s", 0, 0);
  int replayed = 0;
  for (const Event& asked : events) {
    if (asked.kind != EventKind::Asked || asked.body["attempt"] != 1) continue;
    Replayed study(spec);
    for (const Event& event : events) {
      if (event.sequence <= asked.body["as_of"]) study.take(event);
    }
    Asker asker(spec);
    EXPECT_EQ(dump_json(spec->space.to_json(study.suggest(asked, asker))),
              dump_json(asked.body["params"]))
        << "trial " << asked.body["number"];
    ++replayed;
  }

  EXPECT_GT(replayed, 80);
}

}  // namespace
}  // namespace studyhall::server
