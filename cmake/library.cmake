# What others embed, each as one archive made of rooms:
#
#   callgate::callgate    the room gate and every room that it uses: no socket, no thread, no clock
#   callgate::keys_http   the issuer's keys, fetched in the background by libcurl
#
# The same names as after find_package(callgate), so that examples build in the tree and outside of it.

# The room and every room that it uses, in `out`.
function(_callgate_rooms_of name out)
  set(rooms ${name})
  get_property(uses GLOBAL PROPERTY CALLGATE_USES_${name})
  foreach(used IN LISTS uses)
    _callgate_rooms_of(${used} below)
    list(APPEND rooms ${below})
  endforeach()
  list(REMOVE_DUPLICATES rooms)
  set(${out} ${rooms} PARENT_SCOPE)
endfunction()

# callgate_archive(callgate ROOMS base ... OUTSIDE tl::expected ...) makes target callgate_archive_<name>, alias
# callgate::<name>. OUTSIDE are the libraries that the installed package brings along (callgateConfig.cmake.in,
# *.pc.in): a room that needs another one stops configuration.
function(callgate_archive name)
  cmake_parse_arguments(ARG "" "FILE_NAME" "ROOMS;OUTSIDE;USES" ${ARGN})
  set(target callgate_archive_${name})
  add_library(${target} STATIC)
  add_library(callgate::${name} ALIAS ${target})
  # The headers compile alone in their rooms already.
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME ${ARG_FILE_NAME} LINKER_LANGUAGE CXX
    ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib VERIFY_INTERFACE_HEADER_SETS OFF)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${ARG_USES})
  foreach(room IN LISTS ARG_ROOMS)
    # Users may link the archive into a shared object; a call inside it needs no detour for that.
    set_target_properties(callgate_${room} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_compile_options(callgate_${room} PRIVATE -fno-semantic-interposition)
    get_target_property(headers callgate_${room} HEADER_SET)
    get_target_property(roots callgate_${room} HEADER_DIRS)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:callgate_${room}>
                             PUBLIC FILE_SET HEADERS BASE_DIRS ${roots} FILES ${headers})
    _callgate_add_outside(${target} ${room} "${ARG_OUTSIDE}")
  endforeach()
endfunction()

function(_callgate_add_outside target room known)
  get_target_property(all callgate_${room} LINK_LIBRARIES)
  get_target_property(public callgate_${room} INTERFACE_LINK_LIBRARIES)
  foreach(library IN LISTS all)
    if(NOT library MATCHES "^[a-zA-Z]+::")
      continue()  # a room, or the warnings
    endif()
    if(NOT library IN_LIST known)
      message(FATAL_ERROR "room ${room} needs ${library}, which the installed package does not bring along: "
                          "see cmake/library.cmake")
    endif()
    if(library IN_LIST public)
      target_link_libraries(${target} PUBLIC ${library})
    else()
      target_link_libraries(${target} PRIVATE ${library})
    endif()
  endforeach()
endfunction()

_callgate_rooms_of(gate callgate_library_rooms)
callgate_archive(callgate FILE_NAME callgate ROOMS ${callgate_library_rooms}
                 OUTSIDE tl::expected OpenSSL::Crypto simdjson::simdjson)
callgate_archive(keys_http FILE_NAME callgate_keys_http ROOMS keys_http USES callgate::callgate
                 OUTSIDE CURL::libcurl Threads::Threads)
