#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/issue.h"
#include "cli/queue_arguments.h"
#include "cli/shared_options.h"
#include "cli/show.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Trials";
constexpr std::int64_t kRowsOnScreen = 1000;
constexpr int kPage = 1000;

// --- enqueue ---

struct EnqueueArguments {
  std::string study;
  std::vector<std::string> params;
  std::string priority;
  std::int64_t count = 1;
  std::string request_id;
  std::vector<std::string> tags;
  std::vector<std::string> after;
  std::vector<std::string> after_tasks;
  std::string title;
  std::string description;
  QueueOptions queue;
  std::string topic;
  std::string author;
  bool again = false;
  std::string issue;
};

int enqueue(const Session& session, const EnqueueArguments& arguments) {
  const Connection connection = connect(session);
  const Json spec = connection.api->study(arguments.study).spec;
  EnqueueRequest request;
  for (const std::string& text : arguments.params) {
    const auto [name, value] = split_assignment(text, "parameter");
    if (request.params.contains(name))
      throw Error(ErrorCode::Invalid, fmt::format("parameter {} is given twice", name));
    request.params[name] = parse_parameter(spec, name, value);
  }
  if (!arguments.priority.empty()) request.priority = parse_priority(arguments.priority);
  request.count = static_cast<int>(std::min<std::int64_t>(arguments.count, 1'000'000));
  request.request_id = arguments.request_id;
  request.tags = arguments.tags;
  for (const std::string& number : arguments.after)
    request.after.push_back(parse_integer(number, "--after", 0));
  for (const std::string& number : arguments.after_tasks)
    request.after_tasks.push_back(parse_integer(number, "--after-task", 0));
  request.title = arguments.title;
  request.description = arguments.description;
  request.queue = arguments.queue.terms();
  request.queue.topic = arguments.topic;
  request.author = author_of(session, arguments.author);
  request.again = arguments.again;
  if (!arguments.issue.empty())
    fill_from_issue(arguments.issue, request.title, request.description);
  const EnqueueAnswer answer = connection.api->enqueue(arguments.study, request);
  if (session.json) {
    session.print_json(to_json(answer));
    return kDone;
  }
  std::string numbers;
  for (const std::int64_t number : answer.numbers)
    numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", number);
  session.out << (answer.already
                      ? fmt::format("Nothing added: trial {} has this configuration.\n", numbers)
                      : fmt::format("Waiting to be handed out: trial {}.\n", numbers));
  return kDone;
}

void add_enqueue(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {kGroup, "enqueue", "put a configuration in front of the queue",
                   "study enqueue heat_signature threshold_1src=0.33 init_strategy=grid\n"
                   "study enqueue heat_signature refine_top=3 --priority 5\n"
                   "study enqueue heat_signature size=l --tag gpu --after 12\n"
                   "study enqueue heat_signature issue=52 --from-issue 52"});
  const auto arguments = std::make_shared<EnqueueArguments>();
  add_study_name(command, arguments->study);
  command.add_option("PARAM", arguments->params, "name=value; the sampler chooses those not named")
      ->type_name("");
  command
      .add_option("--priority", arguments->priority,
                  "a number, higher first (default: 0), or critical, high, medium, low")
      ->type_name("P");
  add_integer(command, "--count", arguments->count, 1, "how many replicates (default: 1)");
  command
      .add_option("--request-id", arguments->request_id,
                  "the same id again gives the same answer again")
      ->type_name("ID");
  command
      .add_option("--tag", arguments->tags,
                  "only for workers that accept it; may be repeated (all of them)")
      ->type_name("T")
      ->allow_extra_args(false);
  command
      .add_option("--after", arguments->after,
                  "not before this trial is complete or pruned; may be repeated")
      ->type_name("N")
      ->allow_extra_args(false);
  command
      .add_option("--after-task", arguments->after_tasks,
                  "not before this task is done; may be repeated")
      ->type_name("N")
      ->allow_extra_args(false);
  command.add_option("--title", arguments->title, "a name for people and agents")
      ->type_name("TEXT");
  command.add_option("--description", arguments->description, "what it is about, for the agent")
      ->type_name("TEXT");
  arguments->queue.add_to(command);
  command.add_option("--topic", arguments->topic, "a further trial of this topic")
      ->type_name("NAME");
  command.add_flag("--again", arguments->again,
                   "run the configuration once more though it was handed out already");
  add_author(command, arguments->author);
  add_from_issue(command, arguments->issue);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return enqueue(session, *arguments); };
  });
}

// --- trials ---

struct TrialsArguments {
  std::string study;
  std::string state;
  std::string worker;
  std::int64_t after = -1;
  std::int64_t limit = -1;
};

// Calls `use` for each page of at most kPage trials, `limit` in all (below 0: all).
template <typename Use>
void for_each_page(StudyApi& api, const std::string& study, TrialQuery query, std::int64_t limit,
                   const Use& use) {
  while (limit != 0) {
    query.limit = limit < 0 ? kPage : static_cast<int>(std::min<std::int64_t>(limit, kPage));
    const std::vector<TrialView> page = api.trials(study, query);
    use(page);
    if (static_cast<int>(page.size()) < query.limit) return;
    query.after = page.back().number;
    if (limit > 0) limit -= static_cast<std::int64_t>(page.size());
  }
}

void print_trials_json(const Session& session, StudyApi& api, const TrialsArguments& arguments,
                       const TrialQuery& query) {
  const char* before = "{\"trials\":[";
  for_each_page(api, arguments.study, query, arguments.limit,
                [&](const std::vector<TrialView>& page) {
                  if (page.empty() && *before == '{') session.out << before;
                  for (const TrialView& trial : page) {
                    session.out << before << dump_json(to_json(trial));
                    before = ",";
                  }
                });
  session.out << "]}\n";
}

int trials(const Session& session, const TrialsArguments& arguments) {
  TrialQuery query{.after = arguments.after, .state = {}, .worker = arguments.worker};
  if (!arguments.state.empty()) {
    query.state = trial_state_from_string(arguments.state);
    if (!query.state)
      throw Error(ErrorCode::Invalid,
                  fmt::format("--state: \"{}\" is not one of waiting, running, complete, pruned, "
                              "failed",
                              arguments.state));
  }
  const Connection connection = connect(session);
  if (session.json) {
    print_trials_json(session, *connection.api, arguments, query);
    return kDone;
  }
  const StudyInfo info = connection.api->study(arguments.study);
  const std::int64_t limit = arguments.limit < 0 ? kRowsOnScreen : arguments.limit;
  std::vector<TrialView> shown;
  for_each_page(*connection.api, arguments.study, query, limit,
                [&](const std::vector<TrialView>& page) {
                  shown.insert(shown.end(), page.begin(), page.end());
                });
  if (shown.empty()) {
    session.out << "No trials.\n";
    return kDone;
  }
  session.print_table(
      trial_table(shown, info.spec, static_cast<std::size_t>(session.env.columns())));
  if (static_cast<std::int64_t>(shown.size()) == limit)
    session.out << fmt::format("There may be more: --after {}\n", shown.back().number);
  return kDone;
}

void add_trials(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {kGroup, "trials", "list the trials of a study",
                                   "study trials heat_signature\n"
                                   "study trials heat_signature --state failed --worker W2\n"
                                   "study trials heat_signature --after 100 --json"});
  const auto arguments = std::make_shared<TrialsArguments>();
  add_study_name(command, arguments->study);
  command
      .add_option("--state", arguments->state, "waiting, running, complete, pruned or failed only")
      ->type_name("S");
  command.add_option("--worker", arguments->worker, "of this worker only")->type_name("W");
  add_integer(command, "--after", arguments->after, -1, "numbers above this");
  add_integer(command, "--limit", arguments->limit, 1,
              fmt::format("at most so many (default: {}, all with --json)", kRowsOnScreen));
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return trials(session, *arguments); };
  });
}

}  // namespace

void add_queue_commands(CLI::App& root, Session& session) {
  add_enqueue(root, session);
  add_trials(root, session);
}

}  // namespace studyhall::cli
