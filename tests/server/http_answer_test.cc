// How answers are sent: compressed, or not again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <zlib.h>

#include <string>

#include "core/study_api_json.h"
#include "server/compression.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using ::testing::_;
using ::testing::HasSubstr;
using ::testing::NiceMock;
using ::testing::Return;

// What zlib makes of it, as a browser would.
std::string unzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 32), Z_OK);
  std::string text(10'000'000, ' ');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  return text;
}

std::vector<TrialView> trials_after(const TrialQuery& query, std::int64_t count) {
  std::vector<TrialView> page;
  for (auto n = query.after + 1; n < count && n <= query.after + query.limit; ++n) {
    TrialView trial;
    trial.number = n;
    trial.state = TrialState::Complete;
    trial.params = {{"x", 0.5}};
    trial.values = {1.25};
    page.push_back(trial);
  }
  return page;
}

class HttpAnswer : public ::testing::Test {
 protected:
  HttpAnswer() {
    client_.set_decompress(false);
    StudyInfo info;
    info.name = "s";
    info.spec = {
        {"name", "s"}, {"direction", "maximize"}, {"params", {{"x", {{"type", "float"}}}}}};
    ON_CALL(api_, study("s")).WillByDefault(Return(info));
    ON_CALL(api_, trials("s", _)).WillByDefault([](const std::string&, const TrialQuery& query) {
      return trials_after(query, 2500);
    });
  }
  httplib::Result get(const std::string& path, const httplib::Headers& headers = {}) {
    return client_.Get(path, headers);
  }

  NiceMock<studyhall::testing::MockStudyApi> api_;
  studyhall::testing::RunningServer server_{api_};
  httplib::Client client_{"127.0.0.1", server_.port()};
};

TEST_F(HttpAnswer, IsCompressedWhereItIsLargeAndTheClientTakesIt) {
  const std::string path = "/api/v1/studies/s/trials";
  const auto plain = get(path);
  EXPECT_FALSE(plain->has_header("Content-Encoding"));

  for (const char* accept : {"gzip", "br, gzip;q=0.5", "deflate, GZIP", "*"}) {
    const auto packed = get(path, {{"Accept-Encoding", accept}});
    EXPECT_EQ(packed->get_header_value("Content-Encoding"), "gzip") << accept;
    EXPECT_EQ(packed->get_header_value("Vary"), "Accept-Encoding");
    EXPECT_LT(packed->body.size(), plain->body.size() / 10);
    EXPECT_EQ(unzip(packed->body), plain->body);
  }
  for (const char* accept : {"br", "identity", "gzip;q=0", "*;q=0.0", "notgzip"}) {
    const auto as_it_is = get(path, {{"Accept-Encoding", accept}});
    EXPECT_FALSE(as_it_is->has_header("Content-Encoding")) << accept;
    EXPECT_EQ(as_it_is->body, plain->body);
  }
  EXPECT_FALSE(
      get("/api/v1/studies/s", {{"Accept-Encoding", "gzip"}})->has_header("Content-Encoding"));
}

TEST_F(HttpAnswer, IsCompressedPieceByPiece) {
  const auto plain = get("/api/v1/studies/s/export");
  const auto packed = get("/api/v1/studies/s/export", {{"Accept-Encoding", "gzip"}});

  EXPECT_EQ(packed->get_header_value("Content-Encoding"), "gzip");
  EXPECT_EQ(unzip(packed->body), plain->body);
}

TEST_F(HttpAnswer, IsNotSentAgainToWhoHasIt) {
  for (const std::string path : {"/api/v1/studies/s", "/api/v1/studies/s/best"}) {
    const std::string tag = get(path)->get_header_value("ETag");
    EXPECT_THAT(tag, ::testing::MatchesRegex("W/\"[0-9a-f]{32}\""));

    for (const std::string& has :
         {tag, "\"x\", " + tag, tag + " , \"y\"", std::string("*"), tag.substr(2)}) {
      const auto again = get(path, {{"If-None-Match", has}});
      EXPECT_EQ(again->status, 304) << has;
      EXPECT_EQ(again->body, "");
      EXPECT_EQ(again->get_header_value("ETag"), tag);
    }
    EXPECT_EQ(get(path, {{"If-None-Match", "\"x\""}})->status, 200);
  }
}

TEST_F(HttpAnswer, IsSentAgainOnceItIsAnother) {
  const std::string tag = get("/api/v1/studies/s")->get_header_value("ETag");
  StudyInfo changed;
  changed.name = "s";
  changed.last_event = 2;
  EXPECT_CALL(api_, study("s")).WillOnce(Return(changed));

  const auto again = get("/api/v1/studies/s", {{"If-None-Match", tag}});

  EXPECT_EQ(again->status, 200);
  EXPECT_NE(again->get_header_value("ETag"), tag);
}

TEST_F(HttpAnswer, HasNoTagWhereItIsAnError) {
  EXPECT_CALL(api_, study("t")).WillOnce(::testing::Throw(Error(ErrorCode::NotFound, "no t")));
  EXPECT_FALSE(get("/api/v1/studies/t")->has_header("ETag"));
}

TEST_F(HttpAnswer, HasOnlyTheFieldsOfTrialsThatAreAskedFor) {
  const Json chosen =
      Json::parse(get("/api/v1/studies/s/trials?limit=1&fields=value,params,reason")->body);
  EXPECT_EQ(chosen,
            Json::parse(R"({"trials": [{"number": 0, "value": 1.25, "params": {"x": 0.5}}]})"));

  const auto wrong = get("/api/v1/studies/s/trials?fields=valu");
  EXPECT_EQ(wrong->status, 400);
  EXPECT_THAT(wrong->body, HasSubstr("did you mean value?"));
}

TEST_F(HttpAnswer, KnowsEveryFieldOfATrial) {
  const Json openapi = Json::parse(get("/api/v1/openapi.json")->body);
  for (const auto& [name, schema] :
       openapi.at("components").at("schemas").at("Trial").at("properties").items()) {
    EXPECT_EQ(get("/api/v1/studies/s/trials?limit=1&fields=" + name)->status, 200) << name;
  }
}

TEST(Gzip, TakesNothingAtAll) { EXPECT_EQ(unzip(gzip("")), ""); }

}  // namespace
}  // namespace studyhall::server
