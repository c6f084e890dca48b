#include "client/artifact_client.h"

#include <fmt/format.h>
#include <httplib.h>

#include <utility>

#include "client/interruption.h"
#include "client/transport.h"
#include "client/url.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::client {
namespace {

class ArtifactClient final : public ArtifactApi {
 public:
  ArtifactClient(ServerUrl url, ClientOptions options)
      : url_(std::move(url)), options_(std::move(options)) {}

  Artifact put_artifact(const std::string& study, const WorkRef& of, const std::string& name,
                        const std::string& type, std::string_view bytes) override {
    httplib::Request request = request_of("PUT", study, of, "/" + percent_encode(name));
    request.body = bytes;
    request.set_header("Content-Type", type);
    return artifact_from_json(parse_json(send(request), "answer"));
  }

  std::vector<Artifact> artifacts(const std::string& study, const WorkRef& of) override {
    const Json answer = parse_json(send(request_of("GET", study, of, "")), "answer");
    std::vector<Artifact> list;
    for (const Json& one : answer.at("artifacts")) list.push_back(artifact_from_json(one));
    return list;
  }

  std::string artifact(const std::string& study, const WorkRef& of,
                       const std::string& name) override {
    return send(request_of("GET", study, of, "/" + percent_encode(name)));
  }

  void delete_artifact(const std::string& study, const WorkRef& of,
                       const std::string& name) override {
    send(request_of("DELETE", study, of, "/" + percent_encode(name)));
  }

 private:
  [[nodiscard]] httplib::Request request_of(const std::string& method, const std::string& study,
                                            const WorkRef& of, const std::string& rest) const {
    httplib::Request request;
    request.method = method;
    request.path =
        fmt::format("{}/api/v1/studies/{}/{}/{}/artifacts{}", url_.prefix, percent_encode(study),
                    of.is_task ? "tasks" : "trials", of.number, rest);
    return request;
  }

  // The body of an answer that is no error.
  std::string send(const httplib::Request& request) {
    const SigpipeBlocked blocked;
    const auto connection = make_connection(url_, options_);
    connection->set_read_timeout(options_.timeout);
    const httplib::Result result = connection->send(request);
    if (!result) {
      throw Error(ErrorCode::Unreachable,
                  fmt::format("cannot reach the server at {}: {} {}: {}", url_.text(),
                              request.method, request.path, httplib::to_string(result.error())));
    }
    if (result->status != 200) throw error_from_json(error_body(result->body), result->status);
    return result->body;
  }

  static Json error_body(const std::string& text) {
    try {
      return parse_json(text, "answer");
    } catch (const Error&) {
      return nullptr;
    }
  }

  ServerUrl url_;
  ClientOptions options_;
};

}  // namespace

std::unique_ptr<ArtifactApi> connect_artifacts(const std::string& url,
                                               const ClientOptions& options) {
  return std::make_unique<ArtifactClient>(parse_server_url(url), options);
}

}  // namespace studyhall::client
