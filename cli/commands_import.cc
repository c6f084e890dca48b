#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "cli/commands_variants.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/import_map.h"
#include "cli/import_source.h"
#include "cli/queue_arguments.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/hash.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestMap = 10'000'000;
constexpr std::size_t kMostShown = 100;

struct Arguments {
  std::string study;
  std::string source;
  std::string map;
  std::string optuna_study;
  std::string author;
  bool dry_run = false;
};

ImportMap map_of(const std::string& word) {
  if (word.empty()) return {};
  if (word.starts_with('{')) return parse_import_map(parse_json(word, "--map", Comments::Allow));
  const auto text = worker_shim::read_file(word, kLongestMap);
  if (!text) throw Error(ErrorCode::NotFound, fmt::format("--map: there is no file {}", word));
  return parse_import_map(parse_json(*text, word, Comments::Allow));
}

GivenResult result_of(const MappedRecord& mapped) {
  GivenResult result{.params = mapped.params,
                     .state = mapped.state,
                     .values = mapped.values,
                     .metrics = mapped.metrics,
                     .started = mapped.started,
                     .completed = mapped.completed,
                     .worker = mapped.worker,
                     .title = mapped.title,
                     .note = mapped.note,
                     .usage = {}};
  if (!result.worker.empty() && !is_valid_name(result.worker)) {
    result.note = "run by " + result.worker + (result.note.empty() ? "" : "\n") + result.note;
    result.worker.clear();
  }
  return result;
}

class Importer {
 public:
  Importer(StudyApi& api, const Arguments& arguments) : api_(api), arguments_(arguments) {}

  void take(MappedRecord& mapped) {
    if (!mapped.problems.empty()) return;
    ++(mapped.is_result ? results_ : configurations_);
    if (arguments_.dry_run) return;
    try {
      if (mapped.is_result)
        add_result(mapped);
      else
        enqueue(mapped);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Invalid && error.code() != ErrorCode::Conflict) throw;
      --(mapped.is_result ? results_ : configurations_);
      mapped.problems.emplace_back(error.what());
    }
  }

  [[nodiscard]] std::int64_t results() const { return results_; }
  [[nodiscard]] std::int64_t configurations() const { return configurations_; }
  [[nodiscard]] const std::vector<std::int64_t>& numbers() const { return numbers_; }

 private:
  // The same record again adds nothing; of equal ones in a source each is one.
  std::string request_id(const MappedRecord& mapped) {
    const Json content = {dump_json(mapped.params),
                          to_string(mapped.state),
                          mapped.is_result,
                          mapped.values,
                          mapped.metrics,
                          mapped.started ? format_utc(*mapped.started) : "",
                          mapped.worker,
                          mapped.title};
    const std::string hash = sha256_hex(dump_json(content)).substr(0, 32);
    return fmt::format("import-{}-{}", hash, ++seen_[hash]);
  }
  void add_result(const MappedRecord& mapped) {
    const ResultsAnswer answer =
        api_.add_results(arguments_.study, {.results = {result_of(mapped)},
                                            .author = arguments_.author,
                                            .request_id = request_id(mapped)});
    numbers_.insert(numbers_.end(), answer.numbers.begin(), answer.numbers.end());
  }
  void enqueue(const MappedRecord& mapped) {
    EnqueueRequest request;
    request.params = mapped.params;
    request.priority = mapped.priority;
    request.title = mapped.title;
    request.description = mapped.description;
    request.author = arguments_.author;
    request.request_id = request_id(mapped);
    const EnqueueAnswer answer = api_.enqueue(arguments_.study, request);
    numbers_.insert(numbers_.end(), answer.numbers.begin(), answer.numbers.end());
  }

  StudyApi& api_;
  const Arguments& arguments_;
  std::map<std::string, int> seen_;
  std::vector<std::int64_t> numbers_;
  std::int64_t results_ = 0;
  std::int64_t configurations_ = 0;
};

// "RECORD: REASON" of all that was not taken.
std::vector<std::string> refusals(const Source& source, const std::vector<MappedRecord>& records) {
  std::vector<std::string> lines = source.problems;
  for (const MappedRecord& record : records) {
    std::string why;
    for (const std::string& problem : record.problems) why += (why.empty() ? "" : "; ") + problem;
    if (!why.empty()) lines.push_back(fmt::format("{}: {}", record.origin, why));
  }
  return lines;
}

int import_records(const Session& session, Arguments arguments) {
  arguments.author = author_of(session, arguments.author);
  ImportMap map = map_of(arguments.map);
  const Source source = read_source(arguments.source, map.list, arguments.optuna_study);
  const Connection connection = connect(session);
  const auto spec = parse_study_spec(connection.api->study(arguments.study).spec);
  const RecordMapper mapper(*spec, std::move(map), source.kind);
  Importer importer(*connection.api, arguments);
  std::vector<MappedRecord> records;
  for (const SourceRecord& record : source.records) {
    records.push_back(mapper.map(record));
    importer.take(records.back());
  }
  const std::vector<std::string> left = refusals(source, records);
  const std::int64_t stepped = std::ranges::count_if(
      source.records, [](const SourceRecord& one) { return one.data.contains("intermediate"); });
  if (session.json) {
    session.print_json({{"results", importer.results()},
                        {"configurations", importer.configurations()},
                        {"numbers", importer.numbers()},
                        {"dry_run", arguments.dry_run},
                        {"without_intermediate", stepped},
                        {"not_imported", left}});
  } else {
    session.out << fmt::format("{}: {} and {}.\n", arguments.dry_run ? "Would import" : "Imported",
                               count_of(importer.results(), "result"),
                               count_of(importer.configurations(), "configuration") + " to try");
    if (stepped > 0)
      session.out << fmt::format(
          "Without the intermediate values that {} had (doc/importing.md).\n",
          count_of(stepped, "record"));
    for (std::size_t i = 0; i < std::min(left.size(), kMostShown); ++i)
      session.out << "  " << printable(left[i]) << "\n";
    if (left.size() > kMostShown)
      session.out << fmt::format("  and {} more (--json has them all)\n", left.size() - kMostShown);
  }
  if (left.empty()) return kDone;
  session.err << fmt::format("study: {} not imported\n", count_of(std::ssize(left), "record") +
                                                             (left.size() == 1 ? " was" : " were"));
  return kFailed;
}

}  // namespace

void add_import_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Trials", "import", "bring in results and configurations of other programs",
                   "study import heat_signature experiments/ --dry-run\n"
                   "study import heat_signature all_results.jsonl --map map.json\n"
                   "study import heat_signature mlruns --map '{\"value\": \"/metrics/score\"}'\n"
                   "study import heat_signature trials.csv\n"
                   "study import heat_signature optuna.db --optuna-study old"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command
      .add_option("SOURCE", arguments->source,
                  "JSON, JSON lines or CSV file or its address, a database of Optuna's, a folder "
                  "with STATE.json files, or one of MLflow's")
      ->required()
      ->type_name("");
  command
      .add_option("--map", arguments->map,
                  "file that says which member is what, or that JSON itself")
      ->type_name("FILE");
  command
      .add_option("--optuna-study", arguments->optuna_study,
                  "which study of a database that has several")
      ->type_name("NAME");
  add_author(command, arguments->author);
  command.add_flag("--dry-run", arguments->dry_run, "say what would be imported, and add nothing");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return import_records(session, *arguments); };
  });
}

}  // namespace studyhall::cli
