#include "cli/connect.h"

#include <fmt/format.h>

#include <fstream>

#include "cli/embedded_api.h"
#include "client/study_client.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

std::string token_in(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (!(in >> token))
    throw Error(ErrorCode::Invalid,
                fmt::format("{}: expected a file that holds a token, as `study token create` "
                            "prints it",
                            file));
  return token;
}

std::string token_of(const Session& session) {
  if (!session.token.empty()) return session.token;
  if (!session.token_file.empty()) return token_in(session.token_file);
  std::string token = session.env.variable("STUDY_TOKEN");
  if (!token.empty()) return token;
  const std::string file = session.env.variable("STUDY_TOKEN_FILE");
  return file.empty() ? std::string() : token_in(file);
}

}  // namespace

client::ClientOptions client_options(const Session& session) {
  client::ClientOptions options;
  options.token = token_of(session);
  if (options.token.find_first_of("\r\n\t ") != std::string::npos)
    throw Error(ErrorCode::Invalid, "the token: expected one word");
  options.tls_ca = session.tls_ca.empty() ? session.env.variable("STUDY_TLS_CA") : session.tls_ca;
  return options;
}

Connection connect(const Session& session, const std::atomic<bool>* interrupted) {
  client::ClientOptions options = client_options(session);
  options.interrupted = interrupted;
  std::string url = session.server;
  if (url.empty() && session.db.empty()) url = session.env.variable("STUDY_SERVER");
  if (!url.empty()) return {client::connect(url, options), url, url, ""};

  const std::string file = session.database();
  auto api = std::make_unique<EmbeddedApi>(file, session.clock, EmbeddedOptions{.server = options});
  const std::string serving = api->server_url();
  return {std::move(api), serving, serving.empty() ? file : serving, file};
}

}  // namespace studyhall::cli
