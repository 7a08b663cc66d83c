# The libraries that dispatch stands on. Debian's package names are in tools/packages.txt.

find_package(Boost 1.81 REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(psl REQUIRED IMPORTED_TARGET libpsl)
pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq)

# FTXUI, the terminal library of `dispatch top`: of the system, or what tools/ftxui has built. It holds no code
# of ours, so that one build of it serves every preset, the sanitizers' too.
find_package(ftxui 5 CONFIG QUIET PATHS "${PROJECT_SOURCE_DIR}/build/ftxui/lib/cmake/ftxui")
if(ftxui_FOUND)
  set(DISPATCH_TOP ON)
else()
  set(DISPATCH_TOP OFF)
  message(STATUS "FTXUI is not there (tools/setup build gets it): dispatch is built without its screen, 'dispatch top'")
endif()
