# What `cmake --install` installs, and `cpack` packs (a Debian package). The Python package has rules
# of its own (bindings/).

include(GNUInstallDirs)

install(TARGETS dispatch dispatch-sim RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

# The service; the manual pages, and what shells know of the command line: the programs say these themselves.
configure_file(systemd/dispatch.service.in "${PROJECT_BINARY_DIR}/generated/dispatch.service" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/generated/dispatch.service" DESTINATION lib/systemd/system)
foreach(shell bash zsh fish)
  set(script "${PROJECT_BINARY_DIR}/generated/completion.${shell}")
  add_custom_command(OUTPUT "${script}" COMMAND dispatch completion ${shell} > "${script}"
                     DEPENDS dispatch VERBATIM)
  list(APPEND DISPATCH_COMPLETIONS "${script}")
endforeach()
foreach(program dispatch dispatch-sim)
  set(page "${PROJECT_BINARY_DIR}/generated/${program}.1")
  add_custom_command(OUTPUT "${page}" COMMAND ${program} manual > "${page}" DEPENDS ${program} VERBATIM)
  install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
  list(APPEND DISPATCH_MANUAL_PAGES "${page}")
endforeach()
add_custom_target(completions ALL DEPENDS ${DISPATCH_COMPLETIONS} ${DISPATCH_MANUAL_PAGES})
install(FILES "${PROJECT_BINARY_DIR}/generated/completion.bash" RENAME dispatch
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${PROJECT_BINARY_DIR}/generated/completion.zsh" RENAME _dispatch
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
install(FILES "${PROJECT_BINARY_DIR}/generated/completion.fish" RENAME dispatch.fish
        DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")

# What editors know of scenario files.
set(schema "${PROJECT_BINARY_DIR}/generated/scenario.schema.json")
add_custom_command(OUTPUT "${schema}" COMMAND dispatch-sim schema > "${schema}" DEPENDS dispatch-sim
                   VERBATIM)
add_custom_target(scenario_schema ALL DEPENDS "${schema}")
install(FILES "${schema}" DESTINATION "${CMAKE_INSTALL_DATADIR}/dispatch")

install(DIRECTORY scenarios/ DESTINATION "${CMAKE_INSTALL_DATADIR}/dispatch/scenarios")
install(FILES LICENSE README.md docs/scenarios.md docs/python.md
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The authors of dispatch")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS curl)
include(CPack)
