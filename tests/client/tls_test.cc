#include "server/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "client/study_client.h"
#include "core/error.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"
#include "tests/support/temp_dir.h"

namespace studyhall::client {
namespace {

using server::HttpOptions;
using server::HttpServer;
using server::TlsServer;

using studyhall::testing::MockStudyApi;
using studyhall::testing::RawSocket;
using studyhall::testing::RunningServer;
using ::testing::HasSubstr;
using ::testing::NiceMock;
using ::testing::Return;

ClientOptions trusting(const std::string& ca) {
  ClientOptions options;
  options.tls_ca = ca;
  options.retries = 0;
  return options;
}

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() { make("lab"); }

  // A certificate of its own for 127.0.0.1 under that common name, in place of the one before.
  void make(const std::string& name) const {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=" +
        name + " -addext subjectAltName=IP:127.0.0.1 -keyout '" + key() + "' -out '" + cert() +
        "' 2>/dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl");
  }
  [[nodiscard]] std::string cert() const { return dir_.path() / "cert.pem"; }
  [[nodiscard]] std::string key() const { return dir_.path() / "key.pem"; }
  [[nodiscard]] HttpOptions options() const {
    HttpOptions options;
    options.tls_cert = cert();
    options.tls_key = key();
    options.request_timeout = std::chrono::milliseconds(300);
    return options;
  }
  static std::string url(const RunningServer& server) {
    return "https://127.0.0.1:" + std::to_string(server.port());
  }

  studyhall::testing::TempDir dir_;
  NiceMock<MockStudyApi> api_;
};

TEST_F(TlsTest, ServesTheVerbsOfAClientThatTrustsIt) {
  const RunningServer server(api_, options());
  const auto client = connect(url(server), trusting(cert()));
  std::vector<StudyInfo> many(300);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].name = std::string(300, 'a');
  ON_CALL(api_, studies()).WillByDefault(Return(many));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client->studies().size(), 300U);
  EXPECT_CALL(api_, stop_study("s", std::string(200'000, 'x')));
  client->stop_study("s", std::string(200'000, 'x'));
}

TEST_F(TlsTest, IsNotTrustedWithoutItsCertificate) {
  const RunningServer server(api_, options());
  const auto client = connect(url(server), trusting(""));
  try {
    static_cast<void>(client->studies());
    FAIL() << "trusted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unreachable);
    EXPECT_THAT(error.what(), HasSubstr("--tls-ca"));
  }
}

TEST_F(TlsTest, SurvivesClientsThatSpeakSomethingElse) {
  const RunningServer server(api_, options());
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("\x16\x03\x01\x02", 4), std::string(100'000, '\xff'), std::string()}) {
    const RawSocket socket = RawSocket::connect_to(server.port());
    socket.send(text);
    socket.finish_sending();
    EXPECT_THAT(socket.read_all(), ::testing::Not(HasSubstr("HTTP/1.1")));
  }
  const auto client = connect(url(server), trusting(cert()));
  EXPECT_TRUE(client->studies().empty());
}

TEST_F(TlsTest, TakesANewCertificateWithoutARestart) {
  HttpOptions with_port = options();
  with_port.port = 0;
  HttpServer server(api_, with_port);
  const int port = server.bind();
  std::thread thread([&] { server.run(); });
  const auto works = [&](const std::string& ca) {
    const auto client = connect("https://127.0.0.1:" + std::to_string(port), trusting(ca));
    try {
      static_cast<void>(client->studies());
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  EXPECT_TRUE(works(cert()));
  const std::string old = dir_.path() / "old.pem";
  std::filesystem::copy(cert(), old);
  make("lab2");
  EXPECT_FALSE(works(cert()));
  server.reload_certificate();
  EXPECT_TRUE(works(cert()));
  EXPECT_FALSE(works(old));

  std::ofstream(cert()) << "nonsense";
  EXPECT_THROW(server.reload_certificate(), Error);
  server.stop();
  thread.join();
}

TEST_F(TlsTest, NamesTheFileThatCannotBeUsed) {
  const auto refusal = [](const std::string& cert, const std::string& key) {
    try {
      const TlsServer server(cert, key);
      return std::string("taken");
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(refusal("/nowhere.pem", key()), HasSubstr("--tls-cert /nowhere.pem"));
  EXPECT_THAT(refusal(cert(), cert()), HasSubstr("--tls-key"));
  const std::string other = dir_.path() / "other.pem";
  std::filesystem::copy(cert(), other);
  make("another");
  EXPECT_THAT(refusal(other, key()), HasSubstr("--tls-key"));
}

}  // namespace
}  // namespace studyhall::client
