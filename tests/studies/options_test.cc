#include "studies/heat_signature/experiment/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "core/error.h"
#include "core/study_spec.h"
#include "tests/support/paths.h"
#include "tests/support/temp_dir.h"

namespace studyhall::heat_signature {
namespace {

using ::testing::HasSubstr;

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto value = values.find(name);
    if (value == values.end()) return std::nullopt;
    return value->second;
  };
}

const Environment kNothing = variables({});

std::string complaint(const std::vector<std::string>& args, const Environment& environment) {
  try {
    parse_options(args, environment);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class OptionsFile : public ::testing::Test {
 protected:
  std::string write(const std::string& text) {
    const std::string path = (folder_.path() / "config.json").string();
    std::ofstream(path) << text;
    return path;
  }
  studyhall::testing::TempDir folder_;
};

TEST(ParseOptions, ReadsEveryParameterAsAFlag) {
  const Options options = parse_options({"--threshold-1src",
                                         "0.3",
                                         "--threshold-2src=0.5",
                                         "--fallback-sigma",
                                         "0.1",
                                         "--init-strategy",
                                         "grid",
                                         "--refine-iters",
                                         "4",
                                         "--refine-top",
                                         "3",
                                         "--fallback-fevals",
                                         "15",
                                         "--fevals-1src",
                                         "9",
                                         "--fevals-2src",
                                         "40",
                                         "--seed",
                                         "12",
                                         "--samples",
                                         "30",
                                         "--out",
                                         "there.json"},
                                        kNothing);

  const Settings& settings = options.settings;
  EXPECT_EQ(settings.threshold_1src, 0.3);
  EXPECT_EQ(settings.threshold_2src, 0.5);
  EXPECT_EQ(settings.fallback_sigma, 0.1);
  EXPECT_EQ(settings.init_strategy, InitStrategy::Grid);
  EXPECT_EQ(settings.refine_iters, 4);
  EXPECT_EQ(settings.refine_top, 3);
  EXPECT_EQ(settings.fallback_fevals, 15);
  EXPECT_EQ(settings.fevals_1src, 9);
  EXPECT_EQ(settings.fevals_2src, 40);
  EXPECT_EQ(options.seed, 12U);
  EXPECT_EQ(options.samples, 30);
  EXPECT_EQ(options.out, "there.json");
}

TEST_F(OptionsFile, FlagsComeBeforeTheFileAndTheFileBeforeTheEnvironment) {
  const std::string path = write(R"({"refine_top": 3, "refine_iters": 5})");
  const Environment environment = variables({{"STUDY_PARAM_REFINE_TOP", "2"},
                                             {"STUDY_PARAM_REFINE_ITERS", "2"},
                                             {"STUDY_PARAM_FEVALS_1SRC", "11"},
                                             {"STUDY_SEED", "77"}});

  const Options options = parse_options({"--config", path, "--refine-iters", "4"}, environment);

  EXPECT_EQ(options.settings.refine_iters, 4);
  EXPECT_EQ(options.settings.refine_top, 3);
  EXPECT_EQ(options.settings.fevals_1src, 11);
  EXPECT_EQ(options.settings.fevals_2src, Settings{}.fevals_2src);
  EXPECT_EQ(options.seed, 77U);
}

TEST_F(OptionsFile, ReadsAFileThatHasMoreThanParameters) {
  const std::string path = write(
      R"({"study": "s", "trial": 3, "worker": "W1", "seed": 5, "params": {"init_strategy": "random"}})");

  const Options options = parse_options({"--config", path}, kNothing);

  EXPECT_EQ(options.seed, 5U);
  EXPECT_EQ(options.settings.init_strategy, InitStrategy::Random);
}

TEST(ParseOptions, NamesEveryProblem) {
  const std::string text =
      complaint({"--threshold-1src", "abc", "--init-strategy", "clever", "--refine-top", "4",
                 "--seed", "-1", "--bogus", "--fevals-1src"},
                variables({{"STUDY_PARAM_FALLBACK_SIGMA", "nan"}}));

  EXPECT_THAT(text, HasSubstr("--threshold-1src: expected a number above 0, found \"abc\""));
  EXPECT_THAT(text, HasSubstr("smart, random, triangulation or grid, found \"clever\""));
  EXPECT_THAT(text, HasSubstr("--refine-top: expected an integer from 0 to 3, found \"4\""));
  EXPECT_THAT(text, HasSubstr("--seed: expected an integer of at least 0, found \"-1\""));
  EXPECT_THAT(text, HasSubstr("--bogus: unknown argument"));
  EXPECT_THAT(text, HasSubstr("--fevals-1src: a value must follow"));
  EXPECT_THAT(text, HasSubstr("STUDY_PARAM_FALLBACK_SIGMA: expected a number above 0"));
}

TEST_F(OptionsFile, NamesWhatIsWrongWithAFile) {
  EXPECT_THAT(complaint({"--config", write(R"({"refine_tops": 3})")}, kNothing),
              HasSubstr("unknown parameter refine_tops"));
  EXPECT_THAT(complaint({"--config", write(R"({"refine_top": 2.5})")}, kNothing),
              HasSubstr("found \"2.5\""));
  EXPECT_THAT(complaint({"--config", write("[1, 2]")}, kNothing), HasSubstr("expected an object"));
  EXPECT_THAT(complaint({"--config", write("{")}, kNothing), HasSubstr("config.json"));
  EXPECT_THAT(complaint({"--config", "no/such/file.json"}, kNothing),
              HasSubstr("no/such/file.json: cannot read this file"));
}

// The study file and the program must agree on names and defaults.
TEST(StudyFile, HasTheProgramsParametersAndDefaults) {
  const std::string path = source_path("studies/heat_signature/study.jsonc");
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto spec = parse_study_spec(parse_json(text, path, Comments::Allow));

  const SearchSpace& space = spec->space;
  ASSERT_EQ(space.size(), 9U);
  std::map<std::string, std::string> defaults;
  const Json config = space.to_json(space.default_config());
  for (const auto& [name, value] : config.items()) {
    std::string variable = "STUDY_PARAM_";
    for (const char c : name) variable += static_cast<char>(std::toupper(c));
    defaults[variable] = value.is_string() ? value.get<std::string>() : dump_json(value);
  }
  ASSERT_EQ(defaults.size(), 9U);

  const Settings read = parse_options({}, variables(defaults)).settings;
  const Settings built_in;
  EXPECT_EQ(read.threshold_1src, built_in.threshold_1src);
  EXPECT_EQ(read.threshold_2src, built_in.threshold_2src);
  EXPECT_EQ(read.fallback_sigma, built_in.fallback_sigma);
  EXPECT_EQ(read.init_strategy, built_in.init_strategy);
  EXPECT_EQ(read.refine_iters, built_in.refine_iters);
  EXPECT_EQ(read.refine_top, built_in.refine_top);
  EXPECT_EQ(read.fallback_fevals, built_in.fallback_fevals);
  EXPECT_EQ(read.fevals_1src, built_in.fevals_1src);
  EXPECT_EQ(read.fevals_2src, built_in.fevals_2src);

  ASSERT_EQ(spec->constraints.size(), 1U);
  EXPECT_EQ(spec->constraints[0].metric, "runtime_min");
  EXPECT_EQ(spec->workers.size(), 3U);
}

}  // namespace
}  // namespace studyhall::heat_signature
