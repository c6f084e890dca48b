// Random sequences of everything that can happen to a study, compared step by step with a plain
// reference (tests/support/reference_study.h); at the end the events must give the study again.
//
// Everyday: a few hundred sequences. STUDYHALL_TEST_LONG=1 (scripts/test.sh --full): 30 times as
// many. STUDYHALL_SEQUENCES_SEED chooses others. RapidCheck shrinks a sequence that fails.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/server/study_sequence.h"

namespace studyhall::server {
namespace {

rc::Gen<Step> any_step() {
  return rc::gen::build<Step>(rc::gen::set(&Step::verb, rc::gen::inRange(0, 44)),
                              rc::gen::set(&Step::a, rc::gen::inRange(0, 1000)),
                              rc::gen::set(&Step::b, rc::gen::inRange(0, 1000)),
                              rc::gen::set(&Step::c, rc::gen::inRange(0, 1000)));
}

bool holds(bool sqlite, int sequences, int longest) {
  const char* is_long = std::getenv("STUDYHALL_TEST_LONG");
  if (is_long != nullptr && std::string(is_long) == "1") sequences *= 30;
  const char* seed = std::getenv("STUDYHALL_SEQUENCES_SEED");
  setenv("RC_PARAMS",
         fmt::format("seed={} max_success={} max_size={}", seed != nullptr ? seed : "20261121",
                     sequences, longest)
             .c_str(),
         1);
  return rc::check("a study does what the reference does", [&] {
    const int variant = *rc::gen::inRange(0, 1000);
    const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
    Sequence(sqlite, variant).run(steps);
  });
}

TEST(StudySequences, DoWhatTheReferenceDoesInMemory) { EXPECT_TRUE(holds(false, 400, 120)); }

TEST(StudySequences, DoWhatTheReferenceDoesOnSqlite) { EXPECT_TRUE(holds(true, 15, 80)); }

}  // namespace
}  // namespace studyhall::server
