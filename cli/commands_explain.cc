#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>
#include <string>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLabelWidth = 10;
constexpr std::size_t kLeastRoom = 20;

const char* source_words(const std::optional<ValueSource>& source) {
  if (!source) return "";
  switch (*source) {
    case ValueSource::Free:
      return "chosen";
    case ValueSource::Pin:
      return "held at the pin";
    case ValueSource::Fixed:
      return "fixed for the worker";
    case ValueSource::Given:
      return "given";
    case ValueSource::Default:
      return "default";
  }
  return "";
}

// "label:  text", nothing for an empty text; long texts go on below, between words.
void print_line(const Session& session, const std::string& label, const std::string& text) {
  if (text.empty()) return;
  const std::size_t room =
      std::max(static_cast<std::size_t>(session.env.columns()), kLabelWidth + kLeastRoom) -
      kLabelWidth;
  session.out << session.paint(fmt::format("{:<{}}", label + ":", kLabelWidth), Colour::Grey);
  std::istringstream words(printable(text));
  std::size_t used = 0;
  for (std::string word; words >> word;) {
    const std::size_t width = display_width(word);
    if (used > 0 && used + 1 + width > room) {
      session.out << '\n' << std::string(kLabelWidth, ' ');
      used = 0;
    }
    session.out << (used > 0 ? " " : "") << word;
    used += width + (used > 0 ? 1 : 0);
  }
  session.out << '\n';
}

std::string purpose_words(const Explanation& explanation) {
  std::string words(to_string(explanation.purpose));
  if (!explanation.worker.empty()) words += " for " + explanation.worker;
  if (explanation.attempt > 1) words += fmt::format(", now attempt {}", explanation.attempt);
  return words;
}

// "log_good" -> "log good".
std::string term_words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

void show(const Session& session, const std::string& study, const Explanation& explanation) {
  const auto line = [&](const char* label, const std::string& text) {
    print_line(session, label, text);
  };
  line("trial", fmt::format("{} of {}", explanation.number, study));
  line("purpose", purpose_words(explanation));
  line("that is", explanation.about);
  if (!explanation.sampler.empty()) {
    line("made by",
         explanation.sampler_version > 0
             ? fmt::format("{} (version {})", explanation.sampler, explanation.sampler_version)
             : explanation.sampler);
    line("it saw", explanation.doubt.empty()
                       ? fmt::format("{} and {} running, up to event {}",
                                     count_of(explanation.results, "result"), explanation.running,
                                     explanation.as_of)
                       : fmt::format("the study up to event {}", explanation.as_of));
  }
  const bool pinned =
      std::any_of(explanation.values.begin(), explanation.values.end(),
                  [](const ExplainedValue& value) { return value.source == ValueSource::Pin; });
  if (pinned) {
    line("pin", explanation.pin >= 0
                    ? fmt::format("trial {} (version {})", explanation.pin, explanation.pin_version)
                    : "the defaults, as nothing had been evaluated");
  }
  line("why", explanation.why);
  if (!explanation.doubt.empty()) {
    line("why", "not known");
    session.out << session.paint("No explanation:", Colour::Red) << '\n';
    line("", explanation.doubt);
  }

  session.out << '\n';
  Table values({{"parameter", Align::Left, true}, {"value", Align::Left, true}, {""}});
  for (const ExplainedValue& value : explanation.values) {
    values.add({value.name, format_scalar(value.value), source_words(value.source)});
  }
  session.print_table(values);
  if (explanation.terms.empty()) return;
  session.out << '\n';
  Table terms({{"term", Align::Left, true}, {"value", Align::Right}});
  for (const auto& [name, value] : explanation.terms) {
    terms.add({term_words(name), std::isnan(value) ? "-" : format_number(value)});
  }
  session.print_table(terms);
}

}  // namespace

void add_explain_command(CLI::App& root, Session& session) {
  struct Arguments {
    std::string study;
    std::int64_t number = -1;
  };
  CLI::App& command = add_command(root, session,
                                  {"Results", "explain", "which sampler made a suggestion, and why",
                                   "study explain heat_signature 12\n"
                                   "study explain heat_signature 12 --json"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  add_integer(command, "NUMBER", arguments->number, 0, "number of the trial")->required();
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      const Connection connection = connect(session);
      const Explanation explanation = connection.api->explain(arguments->study, arguments->number);
      if (session.json)
        session.print_json(to_json(explanation));
      else
        show(session, arguments->study, explanation);
      return kDone;
    };
  });
}

}  // namespace studyhall::cli
