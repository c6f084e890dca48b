#include "cli/commands_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <sstream>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Workers";

struct Arguments {
  std::string study;
  bool all = false;
  std::string worker;
  std::string to;
  std::vector<std::string> words;
  std::string author;
};

void print_indented(const Session& session, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    session.out << "    " << printable(line) << "\n";
}

void print_question(const Session& session, const Question& question) {
  session.out << fmt::format("{} {} of {}, {} UTC, {}\n",
                             session.paint(fmt::format("#{}", question.id), Colour::Bold),
                             to_string(question.work), printable(question.worker),
                             format_time(question.asked), to_string(question.state));
  print_indented(session, question.text);
  if (question.state != QuestionState::Answered) return;
  session.out << fmt::format("  {} answered:\n",
                             question.author.empty() ? "somebody" : printable(question.author));
  print_indented(session, question.answer);
}

int list(const Session& session, const Arguments& arguments) {
  const Connection connection = connect(session);
  const auto questions =
      connection.api->questions(arguments.study, {!arguments.all, arguments.worker});
  if (session.json) {
    Json list = Json::array();
    for (const Question& question : questions) list.push_back(to_json(question));
    session.print_json({{"questions", std::move(list)}});
    return kDone;
  }
  if (questions.empty()) {
    session.out << (arguments.all ? "Nothing was asked.\n" : "No question is open.\n");
    return kDone;
  }
  for (const Question& question : questions) print_question(session, question);
  if (!arguments.all) {
    session.out << fmt::format("To answer: study respond {} {} \"...\"\n", arguments.study,
                               questions.front().id);
  }
  return kDone;
}

// "3" and "#3" are a question's number; anything else a worker, who must have one question open.
std::int64_t question_of(StudyApi& api, const Arguments& arguments) {
  std::string_view text = arguments.to;
  if (text.starts_with('#')) text.remove_prefix(1);
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc() && end == text.data() + text.size()) return id;
  const auto open = api.questions(arguments.study, {true, arguments.to});
  if (open.size() == 1) return open.front().id;
  if (open.empty()) {
    throw Error(ErrorCode::NotFound,
                fmt::format("worker {} has no open question in {}", printable(arguments.to),
                            printable(arguments.study)));
  }
  throw Error(ErrorCode::Invalid,
              fmt::format("worker {} has {} open questions: say which, by its number as `study "
                          "questions {}` shows it",
                          printable(arguments.to), open.size(), printable(arguments.study)));
}

int respond(const Session& session, const Arguments& arguments) {
  AnswerRequest request;
  for (const std::string& word : arguments.words) {
    request.text += (request.text.empty() ? "" : " ") + word;
  }
  request.author = arguments.author.empty() ? session.env.variable("USER") : arguments.author;
  const Connection connection = connect(session);
  const Question question = connection.api->answer_question(
      arguments.study, question_of(*connection.api, arguments), request);
  if (session.json) {
    session.print_json(to_json(question));
  } else {
    session.out << fmt::format("Question {} is answered; {} goes on with {}.\n", question.id,
                               printable(question.worker), to_string(question.work));
  }
  return kDone;
}

}  // namespace

void add_question_commands(CLI::App& root, Session& session) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& questions = add_command(root, session,
                                    {kGroup, "questions", "what agents ask people",
                                     "study questions heat_signature\n"
                                     "study questions heat_signature --all --worker W2"});
  add_study_name(questions, arguments->study);
  questions.add_flag("--all", arguments->all, "answered ones too");
  questions.add_option("--worker", arguments->worker, "of this worker alone")->type_name("W");
  questions.callback([&session, arguments] {
    session.action = [&session, arguments] { return list(session, *arguments); };
  });

  CLI::App& answer = add_command(
      root, session,
      {kGroup, "respond", "answer a question of an agent, which goes on then",
       "study respond heat_signature W2 \"keep the old format, and say so in the README\"\n"
       "study respond heat_signature 3 yes"});
  add_study_name(answer, arguments->study);
  answer.add_option("TO", arguments->to, "the worker, or the question's number")
      ->required()
      ->type_name("");
  answer.add_option("TEXT", arguments->words, "the answer")->required()->type_name("");
  answer.add_option("--author", arguments->author, "who says so (default: $USER)")
      ->type_name("NAME");
  answer.callback([&session, arguments] {
    session.action = [&session, arguments] { return respond(session, *arguments); };
  });
}

}  // namespace studyhall::cli
