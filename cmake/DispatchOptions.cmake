# What a builder may choose, and the compiler settings that all targets share.

option(DISPATCH_TESTS "Build the tests" ON)
option(DISPATCH_PYTHON "Build the Python module" ON)
option(DISPATCH_WERROR "Treat compiler warnings as errors" ON)
option(DISPATCH_FUZZ "Build the fuzzers, and all that they test with the sanitizers (clang only)" OFF)
option(DISPATCH_PCH "Precompile the headers of Asio" ON)
option(DISPATCH_UNITY "Compile sources in batches: a build from nothing takes half the time" ON)
set(DISPATCH_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Some presets compile each source by itself, so that none lacks an include.
set(CMAKE_UNITY_BUILD ${DISPATCH_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# Assertions stay on in what is shipped (no -DNDEBUG): a wrong state ends the program at its cause.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
# As small as it gets: for dispatch-stream.
set(CMAKE_CXX_FLAGS_MINSIZEREL
    "-Os -flto=auto -ffunction-sections -fdata-sections -fvisibility=hidden -fvisibility-inlines-hidden")
set(CMAKE_EXE_LINKER_FLAGS_MINSIZEREL "-Wl,--gc-sections -Wl,-O1 -Wl,--as-needed -s")

add_library(dispatch_settings INTERFACE)
target_include_directories(dispatch_settings INTERFACE "${PROJECT_SOURCE_DIR}")
# -fPIC everywhere (the Python module links the same libraries), so that one precompiled header fits.
target_compile_options(dispatch_settings INTERFACE -fPIC)
target_compile_options(dispatch_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                                                   -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside inlined library code, wrongly (GCC bugs 105562, 107532, 105329).
  target_compile_options(dispatch_settings INTERFACE -Wno-maybe-uninitialized -Wno-dangling-pointer
                                                     -Wno-array-bounds -Wno-stringop-overflow
                                                     -Wno-mismatched-new-delete)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND DISPATCH_UNITY)
  # Several sources compiled as one: what stands in an anonymous namespace of one looks as if a header had it.
  target_compile_options(dispatch_settings INTERFACE -Wno-subobject-linkage)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND DISPATCH_SANITIZE MATCHES "thread")
  # Asio's fences, which g++ cannot instrument, stand beside its mutexes.
  target_compile_options(dispatch_settings INTERFACE -Wno-tsan)
endif()
if(DISPATCH_WERROR)
  target_compile_options(dispatch_settings INTERFACE -Werror)
endif()
if(DISPATCH_SANITIZE)
  target_compile_options(dispatch_settings INTERFACE -fsanitize=${DISPATCH_SANITIZE}
                                                     -fno-omit-frame-pointer
                                                     -fno-sanitize-recover=all)
  target_link_options(dispatch_settings INTERFACE -fsanitize=${DISPATCH_SANITIZE})
endif()

if(DISPATCH_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "DISPATCH_FUZZ needs clang++ (libFuzzer): set CMAKE_CXX_COMPILER")
  endif()
  target_compile_options(dispatch_settings INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                                                     -fno-omit-frame-pointer
                                                     -fno-sanitize-recover=all)
  target_link_options(dispatch_settings INTERFACE -fsanitize=address,undefined)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for with precompiled headers. Paths count from the source
  # folder, so that all checkouts share what one of them has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime;CCACHE_BASEDIR=${PROJECT_SOURCE_DIR};CCACHE_NOHASHDIR=1;${CCACHE_PROGRAM}")
endif()
