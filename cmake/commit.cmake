# CALLGATE_COMMIT: the commit that this tree is at, for `callgate version` and callgate_build_info.
execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                OUTPUT_VARIABLE CALLGATE_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT CALLGATE_COMMIT)
  set(CALLGATE_COMMIT unknown)
endif()
