// What is fuzzed: parsers of what others send, each as a function of bytes. Bad input may throw
// Error; anything else that is thrown, and what a good input must fulfil and does not, ends the
// program.
#pragma once

#include <span>
#include <string_view>

namespace studyhall::fuzz {

struct EntryPoint {
  std::string_view name;  // of its corpus: tests/fuzz/corpus/NAME/
  void (*run)(std::string_view bytes);
};

void study_file(std::string_view bytes);
void messages(std::string_view bytes);
void expression(std::string_view bytes);
void csv(std::string_view bytes);
void mcp(std::string_view bytes);

inline constexpr EntryPoint kEntryPoints[] = {{"study_file", study_file},
                                              {"messages", messages},
                                              {"expression", expression},
                                              {"csv", csv},
                                              {"mcp", mcp}};

}  // namespace studyhall::fuzz
