// Which StudyApi a command talks to.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "cli/session.h"
#include "client/study_client.h"
#include "core/study_api.h"

namespace studyhall::cli {

struct Connection {
  std::unique_ptr<StudyApi> api;
  std::string server_url;  // of the server behind it at the moment; "" for none
  std::string place;       // for people: the URL or the file
  std::string file;        // the database; "" where a server was named
};

// How to talk to a server: the token of --token, else in --token-file, else STUDY_TOKEN, else in
// STUDY_TOKEN_FILE; the certificates of --tls-ca, else STUDY_TLS_CA. Throws Error(Invalid) for a
// token file that cannot be read or holds no token.
client::ClientOptions client_options(const Session& session);

// --server, else --db, else STUDY_SERVER, else STUDY_DB, else studies.db; a file goes to the server
// on this host that holds it, if one does. The session must outlive the connection. An ask that
// waits ends once `interrupted` is set.
Connection connect(const Session& session, const std::atomic<bool>* interrupted = nullptr);

}  // namespace studyhall::cli
