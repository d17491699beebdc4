# SPDX-License-Identifier: Apache-2.0
# find_package(gridflock CONFIG REQUIRED) for others: library, headers, package files, and the data
# that scenarios name.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/gridflock")
install(TARGETS gridflock EXPORT gridflockTargets COMPONENT library
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library NAMELINK_COMPONENT library
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library)
install(EXPORT gridflockTargets NAMESPACE gridflock:: DESTINATION "${package_dir}"
  COMPONENT library)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/gridflockConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/gridflockConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/gridflockConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/gridflockConfig.cmake"
              "${PROJECT_BINARY_DIR}/gridflockConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT library)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/scenarios/"
  DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/gridflock/scenarios" COMPONENT data)
