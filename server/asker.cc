#include "server/asker.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/rng.h"
#include "sampler/fallback.h"

namespace studyhall::server {

namespace {

// Streams of a trial's random numbers: the sampler's own is 0.
constexpr std::uint32_t kFocusStream = 1;
constexpr std::uint32_t kFallbackStream = 2;
constexpr std::uint32_t kPinStream = 3;  // which of several pins

std::vector<std::size_t> focus_of(const StudySpec& spec, const std::string& worker) {
  std::vector<std::size_t> focus;
  const auto found = spec.workers.find(worker);
  if (found == spec.workers.end() || !found->second.focus) return focus;
  for (std::size_t p = 0; p < found->second.focus->size(); ++p) {
    if ((*found->second.focus)[p].free) focus.push_back(p);
  }
  return focus;
}

bool reads_history(const StudySpec& spec) {
  const auto reads = [](const SamplerSpec& sampler) { return sampler.name != "random"; };
  return reads(spec.sampler) || std::ranges::any_of(spec.workers, [&](const auto& worker) {
           return worker.second.sampler && reads(*worker.second.sampler);
         });
}

Slice hold(Slice slice, const Config& given) {
  for (std::size_t p = 0; p < given.size(); ++p) {
    if (std::isnan(given[p])) continue;
    slice.domains[p].free = false;
    slice.domains[p].held = given[p];
  }
  return slice;
}

}  // namespace

AskSnapshot ask_snapshot(const StudyModel& study, std::int64_t number, const std::string& worker) {
  AskSnapshot ask;
  ask.number = number;
  ask.worker = worker;
  ask.as_of = study.last_sequence();
  Rng rng = Rng::for_trial(study.spec().seed, number, kPinStream);
  ask.pin = study.pin(focus_of(study.spec(), worker), rng);
  if (number < std::ssize(study.trials())) {
    Config config = study.trials().config(static_cast<std::size_t>(number));
    if (!study.space().contains(config)) ask.given = std::move(config);
  }
  return ask;
}

Asker::Asker(std::shared_ptr<const StudySpec> spec)
    : spec_(std::move(spec)),
      reads_history_(server::reads_history(*spec_)),
      history_(spec_->directions) {}

void Asker::reset(const StudyModel& study) {
  history_ = History(spec_->directions);
  samplers_.clear();
  if (!reads_history_) return;
  study.visit_history([this](Observation one) { history_.apply(std::move(one)); });
}

void Asker::apply(const std::vector<HistoryChange>& changes) {
  if (!reads_history_) return;
  for (const HistoryChange& change : changes) {
    if (change.observation) {
      history_.apply(*change.observation);
    } else {
      history_.remove(change.number);
    }
  }
}

std::vector<Asker::Choice> Asker::choices(const AskSnapshot& ask) const {
  std::vector<Choice> out;
  Slice whole = whole_space(spec_->space);
  if (!ask.given.empty()) {
    out.push_back({hold(whole, ask.given), &spec_->sampler});
    return out;
  }
  const auto found = spec_->workers.find(ask.worker);
  if (found != spec_->workers.end()) {
    WorkerSpec worker = found->second;
    const SamplerSpec* own = found->second.sampler ? &*found->second.sampler : &spec_->sampler;
    Rng rng = Rng::for_trial(spec_->seed, ask.number, kFocusStream);
    if (worker.focus && rng.uniform() < spec_->focus_share) {
      out.push_back({worker_slice(*spec_, worker, ask.pin.config), own});
    }
    const SamplerSpec* wide = worker.focus ? &spec_->sampler : own;
    worker.focus.reset();
    if (!worker.fixed.empty()) {
      Slice rest = worker_slice(*spec_, worker, ask.pin.config);
      rest.key += "*";
      out.push_back({std::move(rest), wide});
    }
    out.push_back({std::move(whole), wide});
    return out;
  }
  out.push_back({std::move(whole), &spec_->sampler});
  return out;
}

sampler::Sampler& Asker::sampler_for(const Choice& choice) {
  const std::string key =
      choice.sampler->name + dump_json(choice.sampler->options) + "\n" + choice.slice.key;
  std::unique_ptr<sampler::Sampler>& slot = samplers_[key];
  if (!slot) slot = sampler::make_sampler(*choice.sampler);
  return *slot;
}

Draw Asker::draw(const AskSnapshot& ask, const std::function<bool(const Config&)>& taken) {
  const SearchSpace& space = spec_->space;
  const auto admissible = [&](const Config& config) {
    return space.meets_require(config) && !taken(config);
  };
  if (ask.number == 0 && ask.given.empty() && space.has_defaults()) {
    Config config = space.default_config();
    if (admissible(config)) {
      return {.config = std::move(config),
              .sampler = "default",
              .why = "the first trial of a study has the defaults of its study file"};
    }
  }
  Draw draw;
  for (Choice& choice : choices(ask)) {
    const sampler::Task task{space, choice.slice, admissible, spec_->seed};
    Rng rng = Rng::for_trial(spec_->seed, ask.number);
    sampler::Sampler& sampler = sampler_for(choice);
    if (auto suggestion = sampler.suggest(task, history_, rng)) {
      return {.config = std::move(suggestion->config),
              .sampler = std::move(suggestion->sampler),
              .slice = std::move(choice.slice),
              .sampler_version = choice.sampler->version,
              .why = std::move(suggestion->why),
              .terms = std::move(suggestion->terms)};
    }
    if (sampler.ends()) {
      draw.exhausted = true;
      draw.sampler = choice.sampler->name;
      continue;
    }
    Rng spare = Rng::for_trial(spec_->seed, ask.number, kFallbackStream);
    sampler::Fallback any = sampler::draw_any(task, spare);
    if (any.config) {
      return {.config = std::move(*any.config),
              .sampler = "random",
              .slice = std::move(choice.slice),
              .sampler_version = choice.sampler->version,
              .why = "a uniform draw of what is left: " + choice.sampler->name +
                     " found no new configuration"};
    }
    draw.exhausted = any.exhausted;
    draw.sampler.clear();
  }
  if (draw.exhausted) return draw;
  throw Error(ErrorCode::Unavailable,
              "study \"" + spec_->name +
                  "\": found no new configuration that meets \"require\" in 1000 draws; too little "
                  "of the space meets it");
}

}  // namespace studyhall::server
