// The sampling side of one study: its history as samplers see it, and the samplers with their
// caches.
//
// Used by one ask at a time, without the lock of the study's state, so that tells never wait for a
// sampler.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/history.h"
#include "sampler/sampler.h"
#include "server/study_model.h"

namespace studyhall::server {

// What a suggestion is made from, besides the history.
struct AskSnapshot {
  std::int64_t number = -1;  // the trial that it is for
  std::int64_t as_of = 0;    // the last event in the history
  std::string worker;
  Pin pin;
  Config given;  // of a waiting trial with part of its values: NaN where to choose; else empty
};
// As the study stands, for trial `number`: the next new one, or a waiting one.
AskSnapshot ask_snapshot(const StudyModel& study, std::int64_t number, const std::string& worker);

struct Draw {
  // The space is finite and nothing is left, or `sampler` has come to its end (Sampler::ends());
  // the rest is then empty.
  bool exhausted = false;
  Config config{};
  std::string sampler{};
  Slice slice{};            // that it was drawn from; no domains: the study's default
  int sampler_version = 0;  // of the sampler asked; 0: none was
  std::string why{};        // as sampler::Suggestion has it
  std::vector<std::pair<std::string, double>> terms{};
};

class Asker {
 public:
  explicit Asker(std::shared_ptr<const StudySpec> spec);

  // Starts again from nothing, as after reading the study anew.
  void reset(const StudyModel& study);
  void apply(const std::vector<HistoryChange>& changes);

  // A configuration for the trial: the study's default for trial 0; else, for a worker with a focus
  // and in focus_share of the draws, one that moves only its focus; else one that may move
  // everything but what is fixed for the worker. A slice that is used up widens to the whole space.
  //
  // `taken` says whether a configuration is live or done.
  Draw draw(const AskSnapshot& ask, const std::function<bool(const Config&)>& taken);

 private:
  struct Choice {
    Slice slice;
    const SamplerSpec* sampler = nullptr;
  };
  [[nodiscard]] std::vector<Choice> choices(const AskSnapshot& ask) const;
  sampler::Sampler& sampler_for(const Choice& choice);

  std::shared_ptr<const StudySpec> spec_;
  bool reads_history_;  // else none is kept
  History history_;
  std::map<std::string, std::unique_ptr<sampler::Sampler>> samplers_;  // by sampler and slice
};

}  // namespace studyhall::server
