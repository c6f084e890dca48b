// How the web page is sent; what it does is tested in a browser (tests/browser/).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <regex>

#include "core/error.h"
#include "server/compression.h"
#include "server/dashboard_files.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DashboardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (dashboard_files().empty()) GTEST_SKIP() << "built without the web page";
  }
  httplib::Result get(const std::string& path, const httplib::Headers& headers = {}) {
    return httplib::Client("127.0.0.1", server_.port()).Get(path, headers);
  }

  ::testing::NiceMock<studyhall::testing::MockStudyApi> api_;
  studyhall::testing::RunningServer server_{api_};
};

TEST_F(DashboardTest, IsTheSamePageAtEachOfItsAddresses) {
  const auto page = get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page->body, HasSubstr("<title>Studyhall</title>"));
  EXPECT_EQ(get("/studies/heat")->body, page->body);
  EXPECT_EQ(get("/studies/heat/trials?trial=3")->body, page->body);
}

TEST_F(DashboardTest, MayLoadNothingButWhatItsServerSends) {
  const auto page = get("/");
  EXPECT_EQ(page->get_header_value_count("Content-Security-Policy"), 1U);
  const std::string policy = page->get_header_value("Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src 'self'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST_F(DashboardTest, AssetsNeverExpireAndAreSentOnce) {
  const std::string page = get("/")->body;
  std::smatch script;
  ASSERT_TRUE(std::regex_search(page, script, std::regex("/assets/[^\"]+\\.js")));

  const auto asset = get(script.str());
  EXPECT_EQ(asset->status, 200);
  EXPECT_THAT(asset->get_header_value("Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(asset->get_header_value_count("Cache-Control"), 1U);
  const std::string tag = asset->get_header_value("ETag");
  EXPECT_EQ(get(script.str(), {{"If-None-Match", tag}})->status, 304);
  EXPECT_EQ(get("/assets/other.js")->status, 404);
}

TEST_F(DashboardTest, FilesAreKeptCompressed) {
  for (const DashboardFile& file : dashboard_files()) {
    const std::string path = "/" + std::string(file.path);
    if (!path.starts_with("/assets/")) continue;
    EXPECT_EQ(get(path)->body, gunzip(file.gzip)) << path;
  }
  EXPECT_EQ(gunzip(gzip("some text")), "some text");
  EXPECT_THROW(static_cast<void>(gunzip("no gzip")), Error);
}

}  // namespace
}  // namespace studyhall::server
