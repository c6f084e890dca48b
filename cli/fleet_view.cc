#include "cli/fleet_view.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/study_spec.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestJournal = 64'000'000;

// Inodes of the files on which somebody holds an flock, without taking one.
std::set<std::uint64_t> locked_files() {
  std::set<std::uint64_t> inodes;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    if (line.find("FLOCK") == std::string::npos || line.find("->") != std::string::npos) continue;
    std::istringstream words(line);
    std::string word;
    std::string place;
    for (int i = 0; i < 6 && words >> word; ++i) place = word;
    const std::size_t colon = place.rfind(':');
    if (colon == std::string::npos) continue;
    inodes.insert(std::strtoull(place.c_str() + colon + 1, nullptr, 10));
  }
  return inodes;
}

std::uint64_t inode_of(const std::filesystem::path& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 ? found.st_ino : 0;
}

// "implement (1 of 3)".
std::string stage_words(const Json& spec, std::size_t done) {
  const Json experiment = spec.value("experiment", Json::object());
  const auto stages = experiment.find("stages");
  if (stages == experiment.end() || !stages->is_array() || stages->empty())
    return done == 0 ? "run" : "score";
  if (done >= stages->size()) return "score";
  const std::string name = (*stages)[done].value("name", "");
  return fmt::format("{} ({} of {})", name, done + 1, stages->size());
}

// What worker_shim/journal.h keeps.
void read_journal(const std::filesystem::path& file, const Json& spec, LocalWorker& worker) {
  const auto text = worker_shim::read_file(file, kLongestJournal);
  const Json json = text ? Json::parse(*text, nullptr, false) : Json();
  if (!json.is_object() || !json.contains("held")) return;
  const Json tasks = json.at("held").value("tasks", Json::array());
  if (!tasks.empty()) worker.task = tasks.front().at("number").get<std::int64_t>();
  const Json& trials = json.at("held").at("trials");
  if (trials.empty()) return;
  worker.trial = trials.front().at("number").get<std::int64_t>();
  worker.untold = json.contains("tell");
  const Json state = json.value("state", Json::object());
  worker.stage = stage_words(spec, state.value("stages_done", std::size_t{0}));
  const Json usage = state.value("usage", Json::object());
  if (usage.contains("cost_usd")) worker.cost_usd = usage.at("cost_usd").get<double>();
}

}  // namespace

std::map<std::string, LocalWorker> local_workers(const std::filesystem::path& runs,
                                                 const std::string& study, const Json& spec) {
  std::map<std::string, LocalWorker> workers;
  const std::set<std::uint64_t> locked = locked_files();
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(runs / study, none)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with('.') || !file.ends_with(".lock")) continue;
    const std::string name = file.substr(1, file.size() - 6);
    if (!is_valid_name(name)) continue;
    LocalWorker worker;
    worker.lives = locked.contains(inode_of(entry.path()));
    try {
      read_journal(entry.path().parent_path() / ("." + name + ".json"), spec, worker);
    } catch (const std::exception&) {
      worker.trial = -1;
      worker.task = -1;
    }
    workers.emplace(name, std::move(worker));
  }
  try {
    if (const auto fleet = read_fleet(fleet_folder(runs, study)); fleet && !fleet->ended)
      for (const FleetWorker& worker : fleet->workers) workers[worker.name].launched = worker;
  } catch (const Error&) {
  }
  return workers;
}

}  // namespace studyhall::cli
