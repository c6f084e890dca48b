#include "server/router.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace studyhall::server {
namespace {

Router echo_router() {
  Router router;
  const Handler echo = [](const Call& call) { return Reply{.body = {{"args", call.args}}}; };
  router.add("GET", "/things", echo);
  router.add("GET", "/things/{name}", echo);
  router.add("DELETE", "/things/{name}", echo);
  router.add("POST", "/things/{name}/parts/{n}", echo);
  return router;
}

Reply handle(const std::string& method, const std::string& target) {
  Call call;
  call.method = method;
  return echo_router().handle(call, target);
}

std::vector<std::string> args(const Reply& reply) {
  return reply.body.at("args").get<std::vector<std::string>>();
}

TEST(Router, TakesTheArgsOutOfThePath) {
  EXPECT_EQ(args(handle("GET", "/things")), std::vector<std::string>{});
  EXPECT_EQ(args(handle("GET", "/things/a?x=/y")), std::vector<std::string>{"a"});
  EXPECT_EQ(args(handle("POST", "/things/a/parts/7")), (std::vector<std::string>{"a", "7"}));
}

TEST(Router, DecodesEachArgByItself) {
  EXPECT_EQ(args(handle("GET", "/things/a%2Fb%20c%3f")), std::vector<std::string>{"a/b c?"});
  EXPECT_EQ(args(handle("GET", "/things/%C3%A9+1")), std::vector<std::string>{"\xC3\xA9+1"});
}

TEST(Router, RefusesAPathThatIsNotEncodedText) {
  for (const std::string target : {"/things/%", "/things/%2", "/things/%zz", "/things/%-1",
                                   "/things/%00", "/things/%FF", "/things/\xFF"}) {
    const Reply reply = handle("GET", target);

    EXPECT_EQ(reply.status, 400) << target;
    EXPECT_EQ(reply.body.at("error").at("code"), "malformed") << target;
  }
}

TEST(Router, DoesNotKnowOtherPaths) {
  for (const std::string target : {"", "/", "/thing", "/things/", "/things/a/", "/things/a/parts",
                                   "/things//parts/7", "//things", "/\xFF"}) {
    const Reply reply = handle("GET", target);

    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(reply.body.at("error").at("code"), "not_found") << target;
  }
}

TEST(Router, NamesTheMethodsOfAKnownPath) {
  const Reply reply = handle("PUT", "/things/a");

  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers.at("Allow"), "GET, DELETE");
}

TEST(Router, AnswersHeadAsGet) { EXPECT_EQ(handle("HEAD", "/things").status, 200); }

TEST(Router, TurnsEveryExceptionIntoAReply) {
  Router router;
  router.add("GET", "/error", [](const Call&) -> Reply {
    throw Error(ErrorCode::Conflict, "taken", Json{{"by", "W1"}});
  });
  router.add("GET", "/exception", [](const Call&) -> Reply { throw std::bad_alloc(); });
  router.add("GET", "/other", [](const Call&) -> Reply { throw 7; });
  Call call;
  call.method = "GET";

  const Reply error = router.handle(call, "/error");
  EXPECT_EQ(error.status, 409);
  EXPECT_EQ(error.body, Json::parse(R"({"error": {"code": "conflict", "message": "taken",
                                                  "details": {"by": "W1"}}})"));
  EXPECT_EQ(router.handle(call, "/exception").status, 500);
  EXPECT_EQ(router.handle(call, "/other").status, 500);
}

TEST(QueryReader, ReadsWholeNumbersInTheirRange) {
  Call call;
  call.query = {{"after", "-1"}, {"limit", "7"}};
  QueryReader reader(call);

  EXPECT_EQ(reader.integer("after", 0, -1, 100), -1);
  EXPECT_EQ(reader.integer("limit", 1, 1, 10), 7);
  EXPECT_EQ(reader.integer("top", 10, 0, 100), 10);
  EXPECT_NO_THROW(reader.finish());
}

ErrorCode code_of(const std::multimap<std::string, std::string>& query) {
  Call call;
  call.query = query;
  try {
    QueryReader reader(call);
    static_cast<void>(reader.integer("limit", 1, 1, 10));
    reader.finish();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "taken";
  return ErrorCode::Internal;
}

TEST(QueryReader, RefusesWhatIsNotSuchANumber) {
  for (const std::string text :
       {"", "abc", "1.5", "1e2", "0x1", " 1", "+1", "NaN", "99999999999999999999"}) {
    EXPECT_EQ(code_of({{"limit", text}}), ErrorCode::Malformed) << text;
  }
  EXPECT_EQ(code_of({{"limit", "0"}}), ErrorCode::Invalid);
  EXPECT_EQ(code_of({{"limit", "11"}}), ErrorCode::Invalid);
}

TEST(QueryReader, RefusesAParameterGivenTwiceOrUnknown) {
  EXPECT_EQ(code_of({{"limit", "1"}, {"limit", "2"}}), ErrorCode::Malformed);
  EXPECT_EQ(code_of({{"limti", "1"}}), ErrorCode::Malformed);
}

TEST(QueryReader, NamesTheNearestParameter) {
  Call call;
  call.query = {{"limti", "1"}};
  QueryReader reader(call);
  static_cast<void>(reader.integer("limit", 1, 1, 10));

  try {
    reader.finish();
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean limit?"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace studyhall::server
