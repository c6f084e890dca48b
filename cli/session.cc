#include "cli/session.h"

namespace studyhall::cli {

std::string Session::database() const {
  if (!db.empty()) return db;
  const std::string set = env.variable("STUDY_DB");
  return set.empty() ? "studies.db" : set;
}

void Session::print_json(const Json& value) const { out << dump_json(value) << '\n'; }

void Session::print_table(const Table& table) const {
  table.print(out, static_cast<std::size_t>(env.columns()), env.colour());
}

std::string Session::paint(const std::string& text, Colour colour) const {
  return painted(text, colour, env.colour());
}

}  // namespace studyhall::cli
