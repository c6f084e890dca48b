// Random sequences of everything that can happen to a study, compared step by step with a plain
// reference (tests/support/reference_study.h); at the end the events must give the study again.
//
// Everyday: a few hundred sequences. STUDYHALL_TEST_LONG=1 (scripts/test.sh --full): 30 times as
// many. STUDYHALL_SEQUENCES_SEED chooses others. RapidCheck shrinks a sequence that fails.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/server/study_sequence.h"
#include "tests/support/property.h"

namespace studyhall::server {
namespace {

rc::Gen<Step> any_step() {
  return rc::gen::build<Step>(rc::gen::set(&Step::verb, rc::gen::inRange(0, 48)),
                              rc::gen::set(&Step::a, rc::gen::inRange(0, 1000)),
                              rc::gen::set(&Step::b, rc::gen::inRange(0, 1000)),
                              rc::gen::set(&Step::c, rc::gen::inRange(0, 1000)));
}

void expect_agreement(bool sqlite, int sequences, int longest) {
  const char* is_long = std::getenv("STUDYHALL_TEST_LONG");
  const char* seed = std::getenv("STUDYHALL_SEQUENCES_SEED");
  testing::Cases cases{.count = sequences, .size = longest, .seed = 20261121};
  if (seed != nullptr) cases.seed = std::strtoull(seed, nullptr, 10);
  if (is_long != nullptr && std::string(is_long) == "1") cases.count *= 30;
  EXPECT_TRUE(testing::holds(
      [&] {
        const int variant = *rc::gen::inRange(0, 1000);
        const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
        Sequence(sqlite, variant).run(steps);
      },
      cases));
}

TEST(StudySequences, DoWhatTheReferenceDoesInMemory) { expect_agreement(false, 400, 120); }

TEST(StudySequences, DoWhatTheReferenceDoesOnSqlite) { expect_agreement(true, 15, 80); }

// Shrunken from sequences that once failed: two trials hold one configuration, and a restart puts
// them in another order; the only result's configuration fails, so that nothing leads any more.
TEST(StudySequences, KeepTheOrderOfHoldersOverARestart) {
  Sequence(false, 0).run({{0, 0, 5, 137},
                          {36, 3, 0, 87},
                          {0, 0, 1, 0},
                          {14, 21, 0, 0},
                          {36, 10, 1, 0},
                          {0, 0, 235, 143},
                          {0, 0, 0, 191},
                          {32, 7, 276, 189},
                          {0, 0, 1, 0},
                          {43, 0, 0, 0},
                          {39, 0, 30, 63},
                          {30, 14, 0, 0}});
}

TEST(StudySequences, HaveNoNewBestWhereTheOnlyResultIsPutOut) {
  Sequence(false, 189)
      .run({{0, 0, 0, 0},
            {0, 0, 865, 46},
            {14, 0, 0, 65},
            {14, 1, 0, 0},
            {32, 7, 632, 0},
            {0, 0, 1, 0},
            {14, 15, 0, 30}});
}

}  // namespace
}  // namespace studyhall::server
