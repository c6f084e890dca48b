#include "cli/connect.h"

#include "cli/embedded_api.h"
#include "client/study_client.h"

namespace studyhall::cli {

Connection connect(const Session& session) {
  const std::string token = session.env.variable("STUDY_TOKEN");
  std::string url = session.server;
  if (url.empty() && session.db.empty()) url = session.env.variable("STUDY_SERVER");
  if (!url.empty()) return {client::connect(url, {.token = token}), url, url};

  const std::string file = session.database();
  auto api = std::make_unique<EmbeddedApi>(file, session.clock, EmbeddedOptions{.token = token});
  const std::string serving = api->server_url();
  return {std::move(api), serving, serving.empty() ? file : serving};
}

}  // namespace studyhall::cli
