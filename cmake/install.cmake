# cmake --install: the library with its headers, the CMake package, pkg-config files, the programs, the documents.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/callgate)

install(TARGETS callgate_app callgate_emulator_app RUNTIME)
foreach(name IN ITEMS callgate keys_http)
  install(TARGETS callgate_archive_${name} EXPORT callgate_${name} ARCHIVE FILE_SET HEADERS)
  install(EXPORT callgate_${name} NAMESPACE callgate:: FILE callgate_${name}.cmake DESTINATION ${package_dir})
endforeach()

configure_package_config_file(cmake/callgateConfig.cmake.in ${CMAKE_BINARY_DIR}/package/callgateConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor number may break what was there.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/callgateConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/callgateConfig.cmake ${CMAKE_BINARY_DIR}/package/callgateConfigVersion.cmake
        DESTINATION ${package_dir})

# From the folder of the .pc files to the prefix: the installed tree may be moved.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
file(RELATIVE_PATH pc_libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
foreach(name IN ITEMS callgate callgate-keys_http)
  configure_file(cmake/${name}.pc.in ${CMAKE_BINARY_DIR}/package/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/package/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

install(FILES LICENSE README.md CHANGELOG.md SECURITY.md docs/library.md docs/reasons.md TYPE DOC)
