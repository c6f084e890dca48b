// How far a run has come: what a worker that starts again must know to go on with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/trial.h"
#include "worker_shim/score.h"

namespace studyhall::worker_shim {

// A question of an agent to a person, and the session that goes on with the answer.
struct Dialogue {
  std::string session_id;
  double session_cost_usd = 0;  // up to the question; a session that goes on counts on from there
  std::string question;
  std::string answer;  // empty: not yet
};

struct RunState {
  std::size_t stages_done = 0;  // of the experiment's stages, from the first
  Usage usage;                  // of the stages so far; seconds always set
  std::vector<std::string> notes;
  // Read after the last command stage, where there is no score command.
  std::optional<Score> measured;
  // What an agent's last stage left as a score, good or not.
  std::optional<Score> claimed;
  std::optional<Dialogue> dialogue;  // of the stage under way

  // Whether there is something to go on from.
  [[nodiscard]] bool is_begun() const { return stages_done > 0 || dialogue; }
};

void add(Usage& sum, const Usage& usage);

Json to_json(const RunState& state);
// Throws Error(Malformed) or nlohmann's exceptions for anything else.
RunState run_state_from_json(const Json& json);

}  // namespace studyhall::worker_shim
