// A question that an agent leaves for a person, and how the answer reaches it.
#pragma once

#include <optional>
#include <string>

#include "worker_shim/run_state.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// The text of QUESTION.md, in the record folder or where the agent ran; nullopt: it asked nothing.
// The file is gone then: what is asked once is not asked again.
std::optional<std::string> take_question(const Workspace& workspace);

// What a session that goes on is told.
std::string answer_prompt(const Dialogue& dialogue);
// The same at the end of the prompt of a new session.
std::string answer_section(const Dialogue& dialogue);

// How to ask, in words.
std::string how_to_ask(const Workspace& workspace);

}  // namespace studyhall::worker_shim
