# Every outside library, all from Debian 12. Why each one is here: doc/architecture.md.

find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(SQLiteCpp 3.2 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)

# Headers of other projects are not held to our warnings.
find_path(EIGEN3_INCLUDE_DIR Eigen/Core PATH_SUFFIXES eigen3 REQUIRED)
add_library(studyhall_eigen INTERFACE)
target_include_directories(studyhall_eigen SYSTEM INTERFACE "${EIGEN3_INCLUDE_DIR}")
target_compile_definitions(studyhall_eigen INTERFACE EIGEN_DONT_PARALLELIZE)

if(STUDYHALL_TESTS)
  find_package(GTest 1.12 REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
if(STUDYHALL_BENCH)
  find_package(benchmark REQUIRED)
endif()
