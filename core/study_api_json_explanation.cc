#include <array>

#include "core/enum_names.h"
#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 5> kSources{"free", "pin", "fixed", "given", "default"};

ExplainedValue read_value(const JsonField& field) {
  ObjectReader object(field);
  ExplainedValue value;
  put(value.name, object.field("name").required("a name").string());
  if (const JsonField given = object.field("value").required("a value")) {
    value.value = given.json();
  }
  if (const JsonField source = object.field("source"); source && !source.json().is_null()) {
    value.source =
        read_name(source, "free, pin, fixed, given or default", value_source_from_string);
  }
  return value;
}

}  // namespace

std::string_view to_string(ValueSource source) { return enum_name(kSources, source); }

std::optional<ValueSource> value_source_from_string(std::string_view name) {
  return enum_from_name<ValueSource>(kSources, name);
}

Json to_json(const Explanation& explanation) {
  Json values = Json::array();
  for (const ExplainedValue& value : explanation.values) {
    values.push_back({{"name", value.name},
                      {"value", value.value},
                      {"source", value.source ? Json(to_string(*value.source)) : Json(nullptr)}});
  }
  Json terms = Json::array();
  for (const auto& [name, value] : explanation.terms) {
    terms.push_back({{"name", name}, {"value", number_or_name(value)}});
  }
  return {{"number", explanation.number},
          {"worker", explanation.worker},
          {"purpose", to_string(explanation.purpose)},
          {"attempt", explanation.attempt},
          {"of", value_or_null(explanation.of)},
          {"about", explanation.about},
          {"sampler", explanation.sampler},
          {"sampler_version", explanation.sampler_version},
          {"as_of", explanation.as_of},
          {"results", explanation.results},
          {"running", explanation.running},
          {"pin", explanation.pin},
          {"pin_version", explanation.pin_version},
          {"values", std::move(values)},
          {"why", explanation.why},
          {"terms", std::move(terms)},
          {"doubt", explanation.doubt}};
}

Explanation explanation_from_json(const Json& json) {
  MessageReader reader(json, "answer to explain");
  Explanation explanation;
  put(explanation.number, reader.field("number").required("a trial number").integer(0));
  put(explanation.worker, reader.field("worker").string());
  put(explanation.purpose, read_name(reader.field("purpose"), "a purpose", purpose_from_string));
  put(explanation.attempt, reader.field("attempt").integer(0, 1'000'000));
  if (const auto of = reader.field("of").integer(0)) explanation.of = *of;
  put(explanation.about, reader.field("about").string());
  put(explanation.sampler, reader.field("sampler").string());
  put(explanation.sampler_version, reader.field("sampler_version").integer(0, 1'000'000));
  put(explanation.as_of, reader.field("as_of").integer(0));
  put(explanation.results, reader.field("results").integer(0));
  put(explanation.running, reader.field("running").integer(0));
  put(explanation.pin, reader.field("pin").integer(-1));
  put(explanation.pin_version, reader.field("pin_version").integer(0));
  if (const auto values = reader.field("values").list()) {
    for (const JsonField& value : *values) explanation.values.push_back(read_value(value));
  }
  put(explanation.why, reader.field("why").string());
  if (const auto terms = reader.field("terms").list()) {
    for (const JsonField& item : *terms) {
      ObjectReader object(item);
      auto& [name, value] = explanation.terms.emplace_back();
      put(name, object.field("name").required("a name").string());
      put(value, read_number_or_name(object.field("value").required("a number")));
    }
  }
  put(explanation.doubt, reader.field("doubt").string());
  reader.finish_answer();
  return explanation;
}

}  // namespace studyhall
