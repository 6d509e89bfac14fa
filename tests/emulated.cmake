# Cross-built tests (tests/run.sh --aarch64), included by CMakeLists.txt: programs run under CMAKE_CROSSCOMPILING_EMULATOR,
# about ten times slower.
set(GRIDTALLY_TEST_PATIENCE 10)
list(APPEND GRIDTALLY_TEST_ENVIRONMENT
  GRIDTALLY_TEST_PATIENCE=${GRIDTALLY_TEST_PATIENCE}
  PMIX_MCA_gds=hash)  # mpirun is this host's, its ranks are not: no locks in memory that both share

set(GRIDTALLY_TEST_PROGRAMS ${CMAKE_BINARY_DIR}/emulated)
list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
get_property(programs DIRECTORY ${PROJECT_SOURCE_DIR}/apps PROPERTY BUILDSYSTEM_TARGETS)
list(FILTER programs INCLUDE REGEX "^gridtally-")
foreach(program IN LISTS programs)
  file(GENERATE OUTPUT ${GRIDTALLY_TEST_PROGRAMS}/${program}
       CONTENT "#!/bin/sh\nexec ${emulator} -0 \"$0\" $<TARGET_FILE:${program}> \"$@\"\n"
       FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endforeach()
