// study topic: several trials about one thing.
#include <fmt/format.h>

#include <memory>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/lines.h"
#include "cli/queue_arguments.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Actions";

struct AddArguments {
  std::string study;
  std::string name;
  std::vector<std::string> params;
  std::string family;
  std::string hypothesis;
  std::string success;
  std::int64_t trials = 5;
  std::string priority;
  std::vector<std::string> tags;
  std::string worker;
  bool hold = false;
  bool anyway = false;
  std::string author;
};

std::string best_words(const Topic& topic) {
  if (!topic.best_value) return "";
  return fmt::format("{} (trial {})", format_number(*topic.best_value), *topic.best_number);
}

Table topic_table(const std::vector<Topic>& topics) {
  Table table({{"topic", Align::Left, true},
               {"family", Align::Left, true},
               {"hypothesis", Align::Left, true},
               {"trials", Align::Left, true},
               {"best", Align::Right},
               {"worker", Align::Left},
               {"state", Align::Left},
               {"by", Align::Left, true}});
  for (const Topic& topic : topics) {
    table.add({printable(topic.name),
               printable(topic.family),
               printable(topic.hypothesis),
               words_of(topic.numbers),
               best_words(topic),
               printable(topic.worker),
               {topic.open ? "open" : "done", topic.open ? Colour::Yellow : Colour::Green},
               printable(topic.author)});
  }
  return table;
}

int add(const Session& session, const AddArguments& arguments) {
  const Connection connection = connect(session);
  const Json spec = connection.api->study(arguments.study).spec;
  TopicRequest request;
  request.name = arguments.name;
  request.family = arguments.family;
  request.hypothesis = arguments.hypothesis;
  request.success = arguments.success;
  for (const std::string& text : arguments.params) {
    const auto [name, value] = split_assignment(text, "parameter");
    request.params[name] = parse_parameter(spec, name, value);
  }
  request.trials = static_cast<int>(std::min<std::int64_t>(arguments.trials, 1'000'000));
  if (!arguments.priority.empty()) request.priority = parse_priority(arguments.priority);
  request.tags = arguments.tags;
  request.worker = arguments.worker;
  request.hold = arguments.hold;
  request.anyway = arguments.anyway;
  request.author = author_of(session, arguments.author);
  const TopicAnswer answer = connection.api->add_topic(arguments.study, request);
  if (session.json) {
    session.print_json(to_json(answer));
    return answer.created ? kDone : kFailed;
  }
  if (!answer.similar.empty()) {
    session.out << (answer.created ? "There were topics like it before:\n"
                                   : "Nothing added: there are topics like it (--anyway adds it "
                                     "nevertheless):\n");
    std::vector<Topic> topics;
    for (const SimilarTopic& similar : answer.similar) topics.push_back(similar.topic);
    session.print_table(topic_table(topics));
  }
  if (!answer.created) return kFailed;
  session.out << fmt::format("Waiting to be handed out, one after another: trials {}.\n",
                             words_of(answer.numbers));
  return kDone;
}

int list(const Session& session, const std::string& study) {
  const Connection connection = connect(session);
  const std::vector<Topic> topics = connection.api->topics(study);
  if (session.json) {
    Json json{{"topics", Json::array()}};
    for (const Topic& topic : topics) json["topics"].push_back(to_json(topic));
    session.print_json(json);
    return kDone;
  }
  if (topics.empty()) {
    session.out << "No topics.\n";
    return kDone;
  }
  session.print_table(topic_table(topics));
  return kDone;
}

}  // namespace

void add_topic_command(CLI::App& root, Session& session) {
  CLI::App& topic = add_command(
      root, session,
      {"Trials", "topic", "several trials about one thing, one after another",
       "study topic add heat_signature coarse-starts init_strategy=grid --trials 4 \\\n"
       "    --hypothesis \"a coarse start is enough\" --success \"same score in half the time\"\n"
       "study topic list heat_signature"});
  topic.require_subcommand(1);
  CLI::App& adding = add_command(
      topic, session,
      {kGroup, "add", "propose one; one like an earlier topic is shown with its results instead",
       "study topic add heat_signature coarse-starts init_strategy=grid --family start"});
  const auto arguments = std::make_shared<AddArguments>();
  add_study_name(adding, arguments->study);
  adding.add_option("NAME", arguments->name, "name of the topic")->required()->type_name("");
  adding
      .add_option("PARAM", arguments->params,
                  "name=value that all its trials have; the sampler chooses the rest")
      ->type_name("");
  const auto text = [&](const char* name, std::string& target, const char* description) {
    adding.add_option(name, target, description)->type_name("TEXT");
  };
  text("--family", arguments->family, "what kind of idea it is");
  text("--hypothesis", arguments->hypothesis, "what is supposed");
  text("--success", arguments->success, "what would show it");
  add_integer(adding, "--trials", arguments->trials, 1, "how many trials (default: 5)");
  adding.add_option("--priority", arguments->priority, "a number or a name of one")->type_name("P");
  adding.add_option("--tag", arguments->tags, "only for workers that accept it; may be repeated")
      ->type_name("T")
      ->allow_extra_args(false);
  adding.add_option("--for", arguments->worker, "only for this worker")->type_name("W");
  adding.add_flag("--hold", arguments->hold, "hand out only once approved (study queue approve)");
  adding.add_flag("--anyway", arguments->anyway, "though there are topics like it");
  add_author(adding, arguments->author);
  adding.callback([&session, arguments] {
    session.action = [&session, arguments] { return add(session, *arguments); };
  });
  CLI::App& listing = add_command(
      topic, session,
      {kGroup, "list", "topics and what came of them", "study topic list heat_signature"});
  const auto study = std::make_shared<std::string>();
  add_study_name(listing, *study);
  listing.callback(
      [&session, study] { session.action = [&session, study] { return list(session, *study); }; });
}

}  // namespace studyhall::cli
