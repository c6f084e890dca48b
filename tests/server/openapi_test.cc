// server/openapi.json against the routes and against our own readers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <functional>
#include <map>
#include <set>

#include "core/artifact_api.h"
#include "core/study_api_json.h"
#include "core/study_spec.h"
#include "server/http_server.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using ::testing::NiceMock;
using ::testing::UnorderedElementsAreArray;

class OpenApi : public ::testing::Test {
 protected:
  void SetUp() override {
    const studyhall::testing::RunningServer server(api_);
    const auto answer = httplib::Client("127.0.0.1", server.port()).Get("/api/v1/openapi.json");
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200);
    document_ = Json::parse(answer->body);
  }
  // What "#/components/..." names, or the value itself.
  const Json& resolved(const Json& value) const {
    if (!value.contains("$ref")) return value;
    return document_.at(Json::json_pointer(value.at("$ref").get<std::string>().substr(1)));
  }

  NiceMock<studyhall::testing::MockStudyApi> api_;
  Json document_;
};

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c - 'a' + 'A');
  return text;
}

// What stands in braces.
std::set<std::string> parameters_of(const std::string& path) {
  std::set<std::string> names;
  for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
    names.insert(path.substr(at + 1, path.find('}', at) - at - 1));
  }
  return names;
}

TEST_F(OpenApi, HasEveryRouteAndNothingElse) {
  EXPECT_EQ(document_.at("openapi"), "3.1.0");
  std::vector<std::string> described;
  std::set<std::string> ids;
  for (const auto& [path, operations] : document_.at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      described.push_back(upper(method) + " " + path);
      EXPECT_TRUE(ids.insert(operation.at("operationId")).second) << path;
      std::set<std::string> in_path;
      for (const Json& parameter : operation.value("parameters", Json::array())) {
        const Json& one = resolved(parameter);
        if (one.at("in") == "path") in_path.insert(one.at("name").get<std::string>());
      }
      EXPECT_EQ(in_path, parameters_of(path)) << path;
    }
  }
  EXPECT_THAT(described, UnorderedElementsAreArray(HttpServer(api_, {.port = 0}).routes()));
}

void visit(const Json& value, const std::function<void(const Json&)>& see) {
  see(value);
  if (!value.is_structured()) return;
  for (const Json& item : value) visit(item, see);
}

TEST_F(OpenApi, NamesOnlySchemasThatAreThere) {
  visit(document_, [&](const Json& value) {
    if (!value.is_object() || !value.contains("$ref")) return;
    const Json::json_pointer place(value.at("$ref").get<std::string>().substr(1));
    EXPECT_TRUE(document_.contains(place)) << value;
  });
}

using Reader = std::function<Json(const Json&)>;

// What our own reader makes of an example, printed again.
const std::map<std::string, Reader>& readers() {
  static const std::map<std::string, Reader> kReaders{
      {"StudyFile",
       [](const Json& json) {
         static_cast<void>(parse_study_spec(json));
         return json;
       }},
      {"Study", [](const Json& json) { return to_json(study_info_from_json(json)); }},
      {"AskRequest", [](const Json& json) { return to_json(ask_request_from_json(json)); }},
      {"AskAnswer", [](const Json& json) { return to_json(ask_answer_from_json(json)); }},
      {"TellRequest", [](const Json& json) { return to_json(tell_request_from_json(json)); }},
      {"TellAnswer", [](const Json& json) { return to_json(tell_answer_from_json(json)); }},
      {"ReportRequest", [](const Json& json) { return to_json(report_request_from_json(json)); }},
      {"BeatAnswer", [](const Json& json) { return to_json(beat_answer_from_json(json)); }},
      {"BeatRequest", [](const Json& json) { return to_json(beat_request_from_json(json)); }},
      {"QueueItem", [](const Json& json) { return to_json(queue_item_from_json(json)); }},
      {"QueueChange", [](const Json& json) { return to_json(queue_change_from_json(json)); }},
      {"TopicRequest", [](const Json& json) { return to_json(topic_request_from_json(json)); }},
      {"Topic", [](const Json& json) { return to_json(topic_from_json(json)); }},
      {"TopicAnswer", [](const Json& json) { return to_json(topic_answer_from_json(json)); }},
      {"QuestionRequest",
       [](const Json& json) { return to_json(question_request_from_json(json)); }},
      {"Question", [](const Json& json) { return to_json(question_from_json(json)); }},
      {"AnswerRequest", [](const Json& json) { return to_json(answer_request_from_json(json)); }},
      {"ResultsRequest", [](const Json& json) { return to_json(results_request_from_json(json)); }},
      {"ResultsAnswer", [](const Json& json) { return to_json(results_answer_from_json(json)); }},
      {"ParkRequest", [](const Json& json) { return to_json(park_request_from_json(json)); }},
      {"PersonalRequest",
       [](const Json& json) { return to_json(personal_request_from_json(json)); }},
      {"EnqueueRequest", [](const Json& json) { return to_json(enqueue_request_from_json(json)); }},
      {"EnqueueAnswer", [](const Json& json) { return to_json(enqueue_answer_from_json(json)); }},
      {"Trial", [](const Json& json) { return to_json(trial_view_from_json(json)); }},
      {"BestRow", [](const Json& json) { return to_json(best_row_from_json(json)); }},
      {"Importance", [](const Json& json) { return to_json(importance_answer_from_json(json)); }},
      {"TrialColumns", [](const Json& json) { return to_json(trial_columns_from_json(json)); }},
      {"Explanation", [](const Json& json) { return to_json(explanation_from_json(json)); }},
      {"WorkerInfo", [](const Json& json) { return to_json(worker_info_from_json(json)); }},
      {"InsightRequest", [](const Json& json) { return to_json(insight_request_from_json(json)); }},
      {"Insight", [](const Json& json) { return to_json(insight_from_json(json)); }},
      {"TaskRequest", [](const Json& json) { return to_json(task_request_from_json(json)); }},
      {"Task", [](const Json& json) { return to_json(task_view_from_json(json)); }},
      {"TaskTell", [](const Json& json) { return to_json(task_tell_from_json(json)); }},
      {"TaskTellAnswer",
       [](const Json& json) { return to_json(task_tell_answer_from_json(json)); }},
      {"Event", [](const Json& json) { return to_json(event_from_json(json)); }},
      {"Artifact", [](const Json& json) { return to_json(artifact_from_json(json)); }},
      {"Error", [](const Json& json) { return error_json(error_from_json(json, 404)); }},
  };
  return kReaders;
}

// Whatever the order of its members.
nlohmann::json unordered(const Json& json) { return nlohmann::json::parse(json.dump()); }

std::string schema_name(const Json& schema) {
  const std::string ref = schema.value("$ref", "");
  return ref.substr(ref.rfind('/') + 1);
}

class Examples {
 public:
  explicit Examples(const Json& schemas) : schemas_(schemas) {}

  // `example` of `schema`: by the reader of that name, else member by member and item by item.
  void check(const Json& schema, const Json& example) {
    const std::string name = schema_name(schema);
    if (name.empty() || !readers().contains(name)) {
      check_inline(name.empty() ? schema : schemas_.at(name), example);
      return;
    }
    read_.insert(name);
    EXPECT_EQ(unordered(readers().at(name)(example)), unordered(example)) << name;
    for (const auto& [member, value] : example.items()) {
      EXPECT_TRUE(schemas_.at(name).at("properties").contains(member) || name == "StudyFile")
          << name << ": " << member;
    }
    for (const Json& member : schemas_.at(name).value("required", Json::array())) {
      EXPECT_TRUE(example.contains(member.get<std::string>())) << name << ": " << member;
    }
  }
  [[nodiscard]] const std::set<std::string>& read() const { return read_; }

 private:
  void check_inline(const Json& schema, const Json& example) {
    if (schema.contains("items")) {
      for (const Json& item : example) check(schema.at("items"), item);
    }
    if (!schema.contains("properties")) return;
    for (const auto& [name, value] : example.items()) {
      ASSERT_TRUE(schema.at("properties").contains(name)) << name;
      check(schema.at("properties").at(name), value);
    }
  }

  const Json& schemas_;
  std::set<std::string> read_;
};

TEST_F(OpenApi, HasExamplesThatOurReadersTake) {
  Examples examples(document_.at("components").at("schemas"));
  visit(document_, [&](const Json& value) {
    if (!value.is_object() || !value.contains("example") || !value.contains("schema")) return;
    examples.check(value.at("schema"), value.at("example"));
  });
  std::set<std::string> all;
  for (const auto& [name, reader] : readers()) all.insert(name);
  EXPECT_EQ(examples.read(), all);
}

}  // namespace
}  // namespace studyhall::server
