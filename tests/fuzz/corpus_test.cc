// What the fuzzers began with and what they found, through the same entry points.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/entry_points.h"
#include "tests/support/paths.h"

namespace studyhall::fuzz {
namespace {

class FuzzCorpus : public ::testing::TestWithParam<EntryPoint> {};

TEST_P(FuzzCorpus, RunsThrough) {
  const std::filesystem::path folder =
      source_path("tests/fuzz/corpus/" + std::string(GetParam().name));
  int inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    SCOPED_TRACE(entry.path().filename().string());
    EXPECT_NO_THROW(GetParam().run(bytes));
    // Cut off anywhere it is input as well.
    for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 20) {
      EXPECT_NO_THROW(GetParam().run(std::string_view(bytes).substr(0, size)));
    }
    ++inputs;
  }
  EXPECT_GE(inputs, 3);
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus, ::testing::ValuesIn(kEntryPoints),
                         [](const auto& entry) { return std::string(entry.param.name); });

}  // namespace
}  // namespace studyhall::fuzz
