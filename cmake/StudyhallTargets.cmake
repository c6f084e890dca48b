# How every target of the project is compiled.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(studyhall_options INTERFACE)
target_compile_options(
  studyhall_options
  INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
            # GCC 12 reports "literal" + std::string as overlapping copies (GCC bug 105651).
            -Wno-restrict
            # A suggestion must not depend on how a compiler fuses multiplications.
            -ffp-contract=off)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH studyhall_root)
target_include_directories(studyhall_options INTERFACE "${studyhall_root}")
if(STUDYHALL_SANITIZE)
  # GCC takes what the sanitizers add for uses of uninitialised values (GCC bug 105562).
  target_compile_options(studyhall_options INTERFACE -fsanitize=${STUDYHALL_SANITIZE}
                                                     -fno-omit-frame-pointer
                                                     -Wno-maybe-uninitialized)
  target_link_options(studyhall_options INTERFACE -fsanitize=${STUDYHALL_SANITIZE})
endif()

if(STUDYHALL_FUZZ)
  # Warnings are GCC's affair.
  target_compile_options(studyhall_options INTERFACE -w -fsanitize=fuzzer-no-link)
endif()

# studyhall_library(NAME SOURCES file... PUBLIC lib... PRIVATE lib...): the library of one folder.
function(studyhall_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC studyhall_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()
