#include "worker_shim/run_state.h"

namespace studyhall::worker_shim {
namespace {

Json score_json(const Score& score) {
  return {{"values", score.values}, {"metrics", score.metrics}, {"problem", score.problem},
          {"absent", score.absent}, {"notes", score.notes},     {"evidence", score.evidence}};
}

Score score_from(const Json& json) {
  Score score;
  score.values = json.at("values").get<std::vector<double>>();
  score.metrics = json.at("metrics").get<std::map<std::string, double>>();
  score.problem = json.at("problem").get<std::string>();
  score.absent = json.at("absent").get<bool>();
  score.notes = json.at("notes").get<std::vector<std::string>>();
  score.evidence = json.at("evidence");
  return score;
}

template <typename Number>
void add(std::optional<Number>& sum, const std::optional<Number>& one) {
  if (one) sum = sum.value_or(0) + *one;
}

template <typename Number>
void set(Json& json, const char* name, const std::optional<Number>& value) {
  if (value) json[name] = *value;
}

template <typename Number>
void get(const Json& json, const char* name, std::optional<Number>& value) {
  if (json.contains(name)) value = json.at(name).get<Number>();
}

}  // namespace

void add(Usage& sum, const Usage& usage) {
  add(sum.cost_usd, usage.cost_usd);
  add(sum.turns, usage.turns);
  add(sum.tokens, usage.tokens);
  add(sum.seconds, usage.seconds);
}

Json to_json(const RunState& state) {
  Json usage = Json::object();
  set(usage, "cost_usd", state.usage.cost_usd);
  set(usage, "turns", state.usage.turns);
  set(usage, "tokens", state.usage.tokens);
  set(usage, "seconds", state.usage.seconds);
  Json json = {{"stages_done", state.stages_done}, {"usage", usage}, {"notes", state.notes}};
  if (state.measured) json["measured"] = score_json(*state.measured);
  if (state.claimed) json["claimed"] = score_json(*state.claimed);
  if (state.dialogue) {
    json["dialogue"] = {{"session_id", state.dialogue->session_id},
                        {"session_cost_usd", state.dialogue->session_cost_usd},
                        {"question", state.dialogue->question},
                        {"answer", state.dialogue->answer}};
  }
  return json;
}

RunState run_state_from_json(const Json& json) {
  RunState state;
  state.stages_done = json.at("stages_done").get<std::size_t>();
  const Json& usage = json.at("usage");
  get(usage, "cost_usd", state.usage.cost_usd);
  get(usage, "turns", state.usage.turns);
  get(usage, "tokens", state.usage.tokens);
  get(usage, "seconds", state.usage.seconds);
  state.notes = json.at("notes").get<std::vector<std::string>>();
  if (json.contains("measured")) state.measured = score_from(json.at("measured"));
  if (json.contains("claimed")) state.claimed = score_from(json.at("claimed"));
  if (json.contains("dialogue")) {
    const Json& dialogue = json.at("dialogue");
    state.dialogue = Dialogue{
        dialogue.at("session_id").get<std::string>(), dialogue.at("session_cost_usd").get<double>(),
        dialogue.at("question").get<std::string>(), dialogue.at("answer").get<std::string>()};
  }
  return state;
}

}  // namespace studyhall::worker_shim
