// Which StudyApi a command talks to.
#pragma once

#include <memory>
#include <string>

#include "cli/session.h"
#include "core/study_api.h"

namespace studyhall::cli {

struct Connection {
  std::unique_ptr<StudyApi> api;
  std::string server_url;  // of the server behind it at the moment; "" for none
  std::string place;       // for people: the URL or the file
};

// --server, else --db, else STUDY_SERVER, else STUDY_DB, else studies.db; a file goes to the server
// on this host that holds it, if one does. The session must outlive the connection.
Connection connect(const Session& session);

}  // namespace studyhall::cli
