# Everything from outside, all of it packaged by Debian 12. scripts/install-packages installs it.
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(Boost 1.81 REQUIRED)
find_package(CURL REQUIRED)
if(CALLGATE_STORE_SQLITE)
  find_package(SQLite3 3.40 REQUIRED)
endif()
find_package(simdjson REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(tomlplusplus 3.3 REQUIRED)  # headers alone: lib/config compiles their code itself
find_package(Threads REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)  # only its core is linked
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)  # examples/webhook-httplib
if(CALLGATE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(CALLGATE_BENCH)
  find_package(benchmark REQUIRED)
endif()
