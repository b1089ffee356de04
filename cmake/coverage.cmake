# What scripts/coverage builds and runs: the tests of the rooms that judge, the replayed fuzz inputs, the vectors.
add_custom_target(coverage_tests)
get_property(fuzz_programs GLOBAL PROPERTY CALLGATE_FUZZ_PROGRAMS)
foreach(program IN ITEMS test_json test_jose test_policy test_gate test_conformance ${fuzz_programs})
  if(TARGET ${program})
    add_dependencies(coverage_tests ${program})
  endif()
endforeach()

# These rooms neither throw nor catch. Compiled without exceptions they have only branches that somebody wrote.
foreach(room IN ITEMS json jose policy gate)
  target_compile_options(callgate_${room} PRIVATE -fno-exceptions)
endforeach()
