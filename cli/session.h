// One run of the program, as its commands see it.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include "cli/environment.h"
#include "cli/table.h"
#include "core/clock.h"
#include "core/json.h"

namespace studyhall::cli {

struct Session {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Environment& env;
  SystemClock clock;

  // The options that go with every command.
  std::string server;  // "" when not given
  std::string db;      // "" when not given
  bool json = false;
  std::string token;       // "" when not given
  std::string token_file;  // "" when not given
  std::string tls_ca;      // "" when not given

  // What the command line asks for; returns the exit status. Set by parsing.
  std::function<int()> action;

  // The database that is meant where no server is: --db, else STUDY_DB, else studies.db.
  [[nodiscard]] std::string database() const;
  void print_json(const Json& value) const;
  void print_table(const Table& table) const;
  [[nodiscard]] std::string paint(const std::string& text, Colour colour) const;
};

}  // namespace studyhall::cli
