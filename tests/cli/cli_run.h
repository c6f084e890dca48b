// Command lines run in this process, on files that are gone afterwards.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/app.h"
#include "core/json.h"
#include "tests/support/temp_dir.h"

namespace studyhall::cli {

struct RunResult {
  int status = -1;
  std::string out;
  std::string err;

  // `out` as JSON; a failed expectation if it is not.
  [[nodiscard]] Json json() const {
    const Json value = Json::parse(out, nullptr, false);
    EXPECT_FALSE(value.is_discarded()) << out;
    return value;
  }
};

// A database of its own, and the command lines that use it.
class CliTest : public ::testing::Test {
 protected:
  CliTest() {
    env_.variables["COLUMNS"] = "80";
    env_.variables["PATH"] = "/usr/bin:/bin";
  }

  // Runs `args` with --db.
  RunResult study(std::vector<std::string> args, const std::string& input = "") {
    args.insert(args.begin() + 1, {"--db", database().string()});
    return run_plain(args, input);
  }
  RunResult run_plain(const std::vector<std::string>& args, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    RunResult result;
    result.status = run(args, in, out, err, env_);
    result.out = out.str();
    result.err = err.str();
    return result;
  }

  [[nodiscard]] std::filesystem::path path(const std::string& name) const {
    return dir_.path() / name;
  }
  [[nodiscard]] std::filesystem::path database() const { return path("studies.db"); }

  std::filesystem::path write_file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(path(name).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  static std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  // Creates the study `name`, maximize, over x in [-10, 10] and kind in {a, b}; `more` holds
  // further members of the file, each followed by a comma.
  void create(const std::string& name = "demo", const std::string& more = "") {
    const RunResult result = study({"create", "-"}, study_file(name, more));
    ASSERT_EQ(result.status, 0) << result.err;
  }
  static std::string study_file(const std::string& name, const std::string& more = "") {
    return R"({"name": ")" + name + R"(", "direction": "maximize", "seed": 3, )" + more + R"(
      "sampler": {"name": "random"},
      "params": {"x": {"type": "float", "low": -10, "high": 10},
                 "kind": {"type": "categorical", "choices": ["a", "b"]}}})";
  }

  testing::TempDir dir_;
  Environment env_;
};

}  // namespace studyhall::cli
