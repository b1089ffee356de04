# Warnings are errors; sanitizers by CALLGATE_SANITIZER; ccache when it is there.
set(CALLGATE_SANITIZER "" CACHE STRING "address, thread, fuzzer (clang) or empty")
option(CALLGATE_COVERAGE "Count which lines and branches run; without optimisation" OFF)

find_program(CALLGATE_CCACHE ccache)
if(CALLGATE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CALLGATE_CCACHE})
endif()

string(REPLACE "-O2 -g -DNDEBUG" "-O2 -g1" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")

add_library(callgate_compiler INTERFACE)
target_compile_options(callgate_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wnull-dereference -Wimplicit-fallthrough -Werror
  -fno-omit-frame-pointer -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside optimised standard-library code (GCC bugs 105329, 105651, 108088).
  target_compile_options(callgate_compiler INTERFACE -Wno-restrict -Wno-null-dereference)
endif()
if(NOT CALLGATE_SANITIZER)
  target_compile_definitions(callgate_compiler INTERFACE $<$<CONFIG:RelWithDebInfo>:_FORTIFY_SOURCE=2>)
elseif(CALLGATE_SANITIZER STREQUAL "address")
  # vptr, null, alignment and object-size checks double the compile time of the socket units and find
  # nothing that the address checks do not.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr,null,alignment,object-size
                      -fno-sanitize-recover=all -Wno-maybe-uninitialized)  # g++ warns of its own instrumentation
  add_link_options(-fsanitize=address,undefined)
elseif(CALLGATE_SANITIZER STREQUAL "thread")
  add_compile_options(-fsanitize=thread -Wno-tsan -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=thread)
elseif(CALLGATE_SANITIZER STREQUAL "fuzzer")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "libFuzzer comes with clang: configure with the preset fuzz, or -DCMAKE_CXX_COMPILER=clang++")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
else()
  message(FATAL_ERROR "CALLGATE_SANITIZER is '${CALLGATE_SANITIZER}': write address, thread, fuzzer or nothing")
endif()
if(CALLGATE_COVERAGE)
  # Inlining and folding would hide lines and branches; counts that threads share must not tear; gcov shall find the
  # sources from anywhere.
  add_compile_options(-O0 --coverage -fprofile-update=atomic -fprofile-abs-path)
  add_link_options(--coverage)
endif()
