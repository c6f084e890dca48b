// The events of a study of a server, as they come.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "client/study_client.h"
#include "core/event.h"

namespace studyhall::client {

// Calls `use` with each event of the study above `after`, in order, as it is committed, until it
// returns false or options.interrupted is set. Where the connection breaks it is made again, and
// goes on behind the last event.
//
// Throws Error as the verbs do: NotFound for a study that is unknown or was deleted, Unreachable
// where there is no server for as many attempts as the options say.
void follow_events(const std::string& url, const ClientOptions& options, const std::string& study,
                   std::int64_t after, const std::function<bool(const Event& event)>& use);

}  // namespace studyhall::client
