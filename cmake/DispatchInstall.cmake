# What `cmake --install` installs, and `cpack` packs (a Debian package). The Python package has rules
# of its own (bindings/).

include(GNUInstallDirs)

install(TARGETS dispatch dispatch-sim RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY docs/man/ DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" FILES_MATCHING PATTERN "*.1")
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
