// What a run of the program gets from the process around it; tests make their own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>

namespace studyhall::cli {

struct Environment {
  std::map<std::string, std::string> variables;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  int terminal_columns = 0;  // as the terminal says; 0: unknown
  // From the call on SIGINT and SIGTERM set the flag that it returns, instead of ending the
  // program, and writing to a closed pipe is an error, not an end. May be empty: nothing
  // interrupts.
  std::function<const std::atomic<bool>&()> catch_interrupts;

  // Whether SIGHUP came since the last call; the first call begins to catch it. May be empty.
  std::function<bool()> hung_up;

  // "" for one that is not set.
  [[nodiscard]] std::string variable(const std::string& name) const;
  // Columns that output may use: COLUMNS, else the terminal's, else 80; at least 20.
  [[nodiscard]] int columns() const;
  // A terminal, and neither NO_COLOR nor TERM=dumb.
  [[nodiscard]] bool colour() const;
  // catch_interrupts(), or a flag that is never set.
  [[nodiscard]] const std::atomic<bool>& interrupted() const;
};

// That of this process.
Environment process_environment();

}  // namespace studyhall::cli
