// Files that are kept with trials, over HTTP.
#include "client/artifact_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"
#include "server/artifact_service.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"
#include "tests/support/temp_dir.h"

namespace studyhall::client {
namespace {

using server::ArtifactService;
using server::StudyService;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr WorkRef kTrial{.number = 0};
constexpr WorkRef kTask{.is_task = true, .number = 0};

class Artifacts : public ::testing::Test {
 protected:
  void SetUp() override {
    create();
    service_.ask("s", {});
  }
  void create() {
    service_.create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
        "sampler": {"name": "random"}, "params": {"x": {"type": "float", "low": 0, "high": 1}}})"));
  }
  // The whole answer.
  [[nodiscard]] std::string get(const std::string& name) const {
    const auto socket = studyhall::testing::RawSocket::connect_to(server_.port());
    socket.send("GET /api/v1/studies/s/trials/0/artifacts" + name +
                " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return socket.read_all();
  }
  ErrorCode code_of_put(const std::string& name, const std::string& bytes) {
    try {
      api_->put_artifact("s", kTrial, name, "text/plain", bytes);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::Internal;
  }

  studyhall::testing::TempDir dir_;
  std::unique_ptr<storage::Storage> storage_ = storage::make_memory_storage();
  studyhall::testing::FakeClock clock_;
  storage::ArtifactStore store_{dir_.path() / "studies.artifacts.db"};
  StudyService service_{
      *storage_, clock_, {.new_token = {}, .on_delete = [this](const auto& study) {
                            store_.remove_study(study);
                          }}};
  ArtifactService kept_{service_, store_, clock_};
  studyhall::testing::RunningServer server_{service_, server::HttpOptions{.artifacts = &kept_}};
  std::unique_ptr<ArtifactApi> api_ = client::connect_artifacts(server_.url());
};

TEST_F(Artifacts, ComeBackAsTheyWent) {
  EXPECT_TRUE(api_->artifacts("s", kTrial).empty());
  const std::string bytes = std::string("\0\xff log\n", 7) + std::string(3'000'000, 'x');

  const Artifact put = api_->put_artifact("s", kTrial, "run.log", "text/plain", bytes);
  api_->put_artifact("s", kTrial, "a.md", "text/markdown", "old");
  api_->put_artifact("s", kTrial, "a.md", "text/markdown", "new");

  EXPECT_EQ(put.sha256, sha256_hex(bytes));
  EXPECT_EQ(put.bytes, bytes.size());
  EXPECT_EQ(put.created, clock_.now());
  EXPECT_EQ(api_->artifact("s", kTrial, "run.log"), bytes);
  EXPECT_EQ(api_->artifact("s", kTrial, "a.md"), "new");
  EXPECT_THAT(api_->artifacts("s", kTrial),
              ElementsAre(Field(&Artifact::name, "a.md"), Field(&Artifact::name, "run.log")));

  api_->delete_artifact("s", kTrial, "a.md");
  EXPECT_THROW(api_->artifact("s", kTrial, "a.md"), Error);
  EXPECT_THROW(api_->delete_artifact("s", kTrial, "a.md"), Error);
}

TEST_F(Artifacts, OfATaskAreNoneOfTheTrialOfItsNumber) {
  service_.add_task("s", {.title = "Describe it"});
  api_->put_artifact("s", kTask, "page.md", "text/markdown", "of the task");
  api_->put_artifact("s", kTrial, "page.md", "text/markdown", "of the trial");

  EXPECT_EQ(api_->artifact("s", kTask, "page.md"), "of the task");
  EXPECT_EQ(api_->artifact("s", kTrial, "page.md"), "of the trial");
  api_->delete_artifact("s", kTask, "page.md");
  EXPECT_TRUE(api_->artifacts("s", kTask).empty());
  EXPECT_EQ(api_->artifacts("s", kTrial).size(), 1U);
  EXPECT_THROW(api_->artifacts("s", {.is_task = true, .number = 7}), Error);
}

TEST_F(Artifacts, AreNoPagesOfThisServer) {
  api_->put_artifact("s", kTrial, "page.html", "text/html", "<script>alert(1)</script>");
  api_->put_artifact("s", kTrial, "image", "image/svg+xml", "\xff\xfe");

  EXPECT_THAT(get("/page.html"), AllOf(HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"),
                                       HasSubstr("X-Content-Type-Options: nosniff\r\n")));
  EXPECT_THAT(get("/image"),
              AllOf(HasSubstr("Content-Type: application/octet-stream\r\n"),
                    HasSubstr("Content-Disposition: attachment; filename=\"image\"\r\n")));
}

TEST_F(Artifacts, RefusesNamesThatAreNone) {
  for (const std::string name : {"../x", "a/b", ".hidden", "-o", "a b", "\xff"}) {
    EXPECT_EQ(code_of_put(name, "x"), name == "\xff" ? ErrorCode::Malformed : ErrorCode::Invalid)
        << name;
  }
  EXPECT_EQ(code_of_put(std::string(65, 'a'), "x"), ErrorCode::Invalid);
  EXPECT_TRUE(api_->artifacts("s", kTrial).empty());
}

TEST_F(Artifacts, RefusesTooMuch) {
  EXPECT_EQ(code_of_put("large", std::string(kMostArtifactBytes + 1, 'x')), ErrorCode::TooLarge);
  const std::string most(kMostArtifactBytes, 'x');
  for (const char* name : {"a", "b", "c", "d", "e"})
    api_->put_artifact("s", kTrial, name, "", most);
  EXPECT_EQ(code_of_put("f", "x"), ErrorCode::TooLarge);
  api_->put_artifact("s", kTrial, "e", "", "instead");

  for (int i = 0; i < 45; ++i) api_->put_artifact("s", kTrial, std::to_string(i), "", "x");
  EXPECT_EQ(code_of_put("another", "x"), ErrorCode::Invalid);
}

TEST_F(Artifacts, AreOfTrialsThatAreThere) {
  for (const auto& [study, number] : {std::pair("s", 1), std::pair("t", 0)}) {
    try {
      api_->put_artifact(study, {.number = number}, "x", "", "x");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::NotFound);
    }
  }
}

TEST_F(Artifacts, GoWithTheirStudy) {
  api_->put_artifact("s", kTrial, "x", "", "x");
  service_.delete_study("s");
  create();
  service_.ask("s", {});

  EXPECT_TRUE(api_->artifacts("s", kTrial).empty());
  EXPECT_TRUE(store_.problems().empty());
}

TEST(ArtifactsOfAServerWithout, AreRefused) {
  const auto storage = storage::make_memory_storage();
  const studyhall::testing::FakeClock clock;
  StudyService service(*storage, clock);
  const studyhall::testing::RunningServer server(service);
  try {
    connect_artifacts(server.url())->artifacts("s", kTrial);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unsupported);
  }
}

}  // namespace
}  // namespace studyhall::client
