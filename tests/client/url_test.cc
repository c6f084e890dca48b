#include "client/url.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace studyhall::client {
namespace {

TEST(ServerUrl, HasHostPortAndPrefix) {
  const ServerUrl plain = parse_server_url("http://gpu-1.lab:8642");
  EXPECT_EQ(plain.host, "gpu-1.lab");
  EXPECT_EQ(plain.port, 8642);
  EXPECT_EQ(plain.prefix, "");

  const ServerUrl behind_proxy = parse_server_url("http://lab/tools/study//");
  EXPECT_EQ(behind_proxy.host, "lab");
  EXPECT_EQ(behind_proxy.port, 80);
  EXPECT_EQ(behind_proxy.prefix, "/tools/study");
  EXPECT_EQ(behind_proxy.text(), "http://lab:80/tools/study");
}

TEST(ServerUrl, TakesAnIpv6AddressInBrackets) {
  const ServerUrl url = parse_server_url("http://[::1]:8642/");

  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 8642);
  EXPECT_EQ(url.text(), "http://[::1]:8642");
  EXPECT_EQ(parse_server_url("http://[fe80::1%25eth0]").port, 80);
}

TEST(ServerUrl, KnowsHttps) {
  const ServerUrl url = parse_server_url("https://lab:8642/search");

  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "lab");
  EXPECT_EQ(url.text(), "https://lab:8642/search");
  EXPECT_EQ(parse_server_url("https://lab").port, 443);
  EXPECT_FALSE(parse_server_url("http://lab").tls);
}

TEST(ServerUrl, RefusesWhatIsNotOne) {
  for (const std::string url : {"",
                                "lab:8642",
                                "localhost",
                                "ftp://lab",
                                "http://",
                                "http://:8642",
                                "http:///path",
                                "http://lab:",
                                "http://lab:0",
                                "http://lab:65536",
                                "http://lab:8642x",
                                "http://lab:-1",
                                "http://[::1",
                                "http://[::1]8642",
                                "http://[]:1",
                                "http://::1",
                                "http://la b",
                                "http://lab/a b",
                                "http://lab?x=1",
                                "http://lab#x",
                                "http://lab\r\nX: y",
                                "http://\xFF"}) {
    try {
      parse_server_url(url);
      ADD_FAILURE() << "taken: " << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Invalid) << url;
      EXPECT_NE(std::string(error.what()).find("http://HOST:PORT"), std::string::npos) << url;
    }
  }
}

TEST(ServerUrl, DoesNotRepeatAPasswordInItsMessage) {
  try {
    parse_server_url("http://me:secret@lab:8642");
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a/b c?d&e=%+#\xC3\xA9"), "a%2Fb%20c%3Fd%26e%3D%25%2B%23%C3%A9");
}

}  // namespace
}  // namespace studyhall::client
