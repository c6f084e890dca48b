// The client against servers that misbehave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "client/study_client.h"
#include "core/error.h"
#include "tests/support/raw_socket.h"

namespace studyhall::client {
namespace {

using studyhall::testing::answering;
using studyhall::testing::http_answer;
using studyhall::testing::RawServer;
using studyhall::testing::RawSocket;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kNoStudies = R"({"studies": []})";

void drop(RawSocket&) {}

void drop_after_request(RawSocket& connection) {
  static_cast<void>(connection.read_until("\r\n\r\n"));
}

std::unique_ptr<StudyApi> client_of(const RawServer& server, int retries = 3) {
  return connect(server.url(), {.token = "secret",
                                .timeout = std::chrono::milliseconds(5'000),
                                .retries = retries,
                                .backoff = std::chrono::milliseconds(1)});
}

// The error that `verb` must throw.
template <typename Verb>
Error error_of(Verb verb) {
  try {
    verb();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorCode::Internal, "");
}

TEST(Transport, TriesAgainWhereTheConnectionWasDropped) {
  const RawServer server({drop, drop_after_request, answering(http_answer(200, kNoStudies))});

  EXPECT_TRUE(client_of(server)->studies().empty());
}

TEST(Transport, RepeatsATellWithTheSameRequestId) {
  std::vector<std::string> bodies;
  const auto read_body = [&](RawSocket& connection) {
    std::string text = connection.read_until("\r\n\r\n");
    if (!text.ends_with("}")) text += connection.read_until("}");
    bodies.push_back(text.substr(text.find("\r\n\r\n") + 4));
  };
  const RawServer server(
      {read_body, [&](RawSocket& connection) {
         read_body(connection);
         connection.send(http_answer(200, R"({"number": 3, "state": "complete", "already": false,
                                         "new_best": false, "requeued": false})"));
       }});
  TellRequest request;
  request.values = {1.5};

  client_of(server)->tell("heat", 3, request);

  ASSERT_EQ(bodies.size(), 2u);
  EXPECT_EQ(bodies[0], bodies[1]);
  EXPECT_FALSE(Json::parse(bodies[0]).at("request_id").get<std::string>().empty());
}

TEST(Transport, DoesNotRepeatACreateWhoseAnswerWasLost) {
  std::atomic<int> requests = 0;
  const auto count = [&](RawSocket& connection) {
    ++requests;
    drop_after_request(connection);
  };
  const RawServer server({count, count, count, count});

  const Error error = error_of([&] { client_of(server)->create_study({{"name", "s"}}); });

  EXPECT_EQ(error.code(), ErrorCode::Unreachable);
  EXPECT_EQ(requests, 1);
}

TEST(Transport, NamesTheUrlThatCannotBeReached) {
  std::string url;
  {
    const RawServer gone({});
    url = gone.url();
  }
  const auto client = connect(url, {.token = "", .backoff = std::chrono::milliseconds(1)});

  const Error error = error_of([&] { client->studies(); });

  EXPECT_EQ(error.code(), ErrorCode::Unreachable);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr(url), HasSubstr("tried 4 times"), HasSubstr("study serve")));
}

TEST(Transport, GivesUpOnAServerThatDoesNotAnswerInTime) {
  const auto stay_silent = [](RawSocket& connection) { static_cast<void>(connection.read_all()); };
  const RawServer server({stay_silent, stay_silent});
  const auto client = connect(server.url(), {.token = "",
                                             .timeout = std::chrono::milliseconds(50),
                                             .retries = 1,
                                             .backoff = std::chrono::milliseconds(1)});

  const Error error = error_of([&] { client->studies(); });

  EXPECT_EQ(error.code(), ErrorCode::Unreachable);
  EXPECT_THAT(error.what(), HasSubstr("50 ms"));
}

TEST(Transport, SaysThatAnAnswerIsNotJson) {
  const RawServer server({answering(
      http_answer(200, "<html><body>Welcome to the hotel WiFi</body></html>", "text/html"))});

  const Error error = error_of([&] { client_of(server)->studies(); });

  EXPECT_EQ(error.code(), ErrorCode::Unreachable);
  EXPECT_THAT(error.what(), AllOf(HasSubstr(server.url()), HasSubstr("not JSON"),
                                  HasSubstr("text/html"), HasSubstr("<html>")));
}

TEST(Transport, TriesAgainWhenAProxyHasNoServerBehindIt) {
  const std::string bad_gateway = http_answer(502, "<html>Bad Gateway</html>", "text/html");
  const RawServer recovering({answering(bad_gateway), answering(http_answer(200, kNoStudies))});
  EXPECT_TRUE(client_of(recovering)->studies().empty());

  const RawServer lost({answering(bad_gateway), answering(bad_gateway)});
  const Error error = error_of([&] { client_of(lost, 1)->studies(); });
  EXPECT_EQ(error.code(), ErrorCode::Unreachable);
  EXPECT_THAT(error.what(), HasSubstr("status 502"));
}

TEST(Transport, SaysWhereAnAnswerOfAnotherFormCameFrom) {
  for (const std::string body : {"[]", "{}", "7", R"({"studies": 5})", R"({"studies": [{}]})"}) {
    const RawServer server({answering(http_answer(200, body))});

    const Error error = error_of([&] { client_of(server)->studies(); });

    EXPECT_EQ(error.code(), ErrorCode::Internal) << body;
    EXPECT_THAT(error.what(), HasSubstr(server.url())) << body;
  }
}

TEST(Transport, TakesAnErrorOfAnotherFormByItsStatus) {
  for (const std::string body : {"[]", "{}", "null", R"({"error": "gone"})"}) {
    const RawServer server({answering(http_answer(404, body))});

    const Error error = error_of([&] { client_of(server)->ask("heat", {}); });

    EXPECT_EQ(error.code(), ErrorCode::NotFound) << body;
  }
}

TEST(Transport, DoesNotTakePartOfAnAnswerForTheWhole) {
  const auto cut_short = [](RawSocket& connection) {
    static_cast<void>(connection.read_until("\r\n\r\n"));
    const std::string answer = http_answer(200, kNoStudies);
    connection.send(answer.substr(0, answer.size() - 5));
  };
  const RawServer server({cut_short, answering(http_answer(200, kNoStudies))});

  EXPECT_TRUE(client_of(server)->studies().empty());
}

TEST(Transport, SendsItsTokenAndThePrefixOfTheUrl) {
  std::string head;
  const RawServer server({[&](RawSocket& connection) {
    head = connection.read_until("\r\n\r\n");
    connection.send(http_answer(200, kNoStudies));
  }});
  const auto client = connect(server.url() + "/tools/", {.token = "secret"});

  client->studies();

  EXPECT_THAT(head, HasSubstr("GET /tools/api/v1/studies HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Authorization: Bearer secret\r\n"));
}

}  // namespace
}  // namespace studyhall::client
