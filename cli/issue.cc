#include "cli/issue.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "cli/spawn.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/json.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestTitle = 200;
constexpr std::size_t kLongestText = 20'000;

// At most `most` bytes, whole characters of UTF-8.
std::string cut(std::string text, std::size_t most) {
  constexpr std::string_view kEnd = "…";
  if (text.size() <= most) return text;
  std::size_t end = most - kEnd.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + std::string(kEnd);
}

std::string checked(const std::string& reference) {
  const std::string plain = reference.starts_with('#') ? reference.substr(1) : reference;
  const bool is_number =
      !plain.empty() && plain.find_first_not_of("0123456789") == std::string::npos;
  if (is_number || plain.starts_with("https://") || plain.starts_with("http://")) return plain;
  throw Error(ErrorCode::Invalid,
              fmt::format("--from-issue: \"{}\" is neither a number nor the address of an issue",
                          printable(reference)));
}

bool is_gitlab(const std::string& reference) {
  if (reference.find("gitlab") != std::string::npos || reference.find("/-/") != std::string::npos)
    return true;
  const auto git = program_on_path("git");
  if (!git || reference.find("://") != std::string::npos) return false;
  const ProgramAnswer origin = run_to_end(*git, {"git", "remote", "get-url", "origin"});
  return origin.status == 0 && origin.out.find("gitlab") != std::string::npos;
}

// The first of `names` that is a text.
std::string text_in(const Json& json, const std::vector<const char*>& names) {
  for (const char* name : names) {
    const auto found = json.find(name);
    if (found != json.end() && found->is_string()) return found->get<std::string>();
  }
  return "";
}

Issue read_issue(const std::string& program, const std::string& text) {
  const Json json = parse_json(text, program);
  Issue issue;
  if (json.is_object()) {
    issue.title = text_in(json, {"title"});
    issue.text = text_in(json, {"body", "description"});
    issue.url = text_in(json, {"url", "web_url"});
  }
  if (issue.title.empty())
    throw Error(ErrorCode::Unavailable, fmt::format("{} answered without a title: {}", program,
                                                    ellipsize(printable(text), 200)));
  if (!issue.url.empty()) issue.text = issue.url + (issue.text.empty() ? "" : "\n\n") + issue.text;
  return issue;
}

}  // namespace

Issue fetch_issue(const std::string& reference) {
  const std::string number = checked(reference);
  const auto gh = program_on_path("gh");
  const auto glab = program_on_path("glab");
  if (!gh && !glab)
    throw Error(ErrorCode::Unavailable,
                "--from-issue: there is neither gh nor glab on PATH to ask for the issue");
  const bool ask_glab = glab && (!gh || is_gitlab(number));
  const ProgramAnswer answer =
      ask_glab ? run_to_end(*glab, {"glab", "issue", "view", number, "--output", "json"})
               : run_to_end(*gh, {"gh", "issue", "view", number, "--json", "title,body,url"});
  const std::string program = ask_glab ? "glab" : "gh";
  if (answer.status != 0)
    throw Error(ErrorCode::Unavailable, fmt::format("{} issue view {} ended with {}: {}", program,
                                                    number, answer.status, answer.err));
  return read_issue(program, answer.out);
}

void fill_from_issue(const std::string& reference, std::string& title, std::string& description) {
  const Issue issue = fetch_issue(reference);
  if (title.empty()) title = cut(printable(issue.title), kLongestTitle);
  if (!issue.text.empty())
    description = cut(description + (description.empty() ? "" : "\n\n") + issue.text, kLongestText);
}

}  // namespace studyhall::cli
