// Ways of doing one thing, each tried in a git worktree of its own: the study that `study
// variants` makes of them.
//
// Its folder holds variants.json (names and texts), prompt.md, and what cli/variants_report.h
// writes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/study_api.h"

namespace studyhall::cli {

// The parameter of such a study.
inline constexpr const char* kVariantParam = "variant";

struct Variant {
  std::string name;
  std::string text;
};

struct VariantsRequest {
  std::string study;
  std::vector<Variant> variants;
  std::string task;            // what each is about, above its text; a template as prompts are
  std::string prompt;          // a file to use instead of the prompt made here; empty: none
  std::string command;         // a command line instead of an agent; empty: an agent
  std::filesystem::path repo;  // absolute
  std::string base;            // empty: HEAD
  std::string score;           // a command line; empty: 1 for each run that ends well
  std::string value = "/score";
  std::string pattern;
  std::vector<std::string> metrics{};  // NAME or NAME=/POINTER
  std::string direction = "maximize";
  std::vector<std::string> protect{};
  std::int64_t repeat = 1;
  std::string model;
  std::int64_t max_turns = 0;  // 0: the study file's default
  std::optional<double> max_cost_usd{};
  std::optional<double> time_limit_min{};
};

// Of {"NAME": "TEXT", ...} or [{"name", "text"}, ...]; `what` is for messages. Throws
// Error(Malformed).
std::vector<Variant> variants_from_json(const Json& json, const std::string& what);
// Of "NAME=TEXT" and "NAME=@FILE". Throws Error(Invalid), Error(NotFound).
Variant variant_from_word(const std::string& word);
// Throws Error(Invalid) naming what is wrong: fewer than one, names that are none or given twice,
// texts that are too long for a description.
void check_variants(const std::vector<Variant>& variants);

// The study file, with `folder` as the experiment's.
Json variants_study_file(const VariantsRequest& request, const std::filesystem::path& folder);
// Throws Error(Unavailable).
void write_variants_folder(const VariantsRequest& request, const std::filesystem::path& folder);
// Of a folder made by that; with how often each is run. Throws Error(NotFound) naming the file.
std::pair<std::vector<Variant>, std::int64_t> read_variants_folder(
    const std::filesystem::path& folder);

// Puts every variant into the study's queue that is not there yet.
void enqueue_variants(StudyApi& api, const std::string& study, const std::vector<Variant>& variants,
                      std::int64_t repeat);

}  // namespace studyhall::cli
