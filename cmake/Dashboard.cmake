# The web page (server/dashboard/): npm packages and Vite make its files, which are linked into the program compressed.
#
#   studyhall_dashboard(VARIABLE)   sets VARIABLE to the source file that holds them, or that says there are none
#
# Everything is made in the build folder from a copy of the sources.
function(studyhall_dashboard variable)
  set(absent "${CMAKE_CURRENT_BINARY_DIR}/dashboard_absent.cc")
  set(from "${CMAKE_CURRENT_SOURCE_DIR}/dashboard")
  set(${variable} "${absent}" PARENT_SCOPE)
  configure_file(dashboard_absent.cc.in "${absent}" COPYONLY)
  if(NOT STUDYHALL_DASHBOARD)
    message(STATUS "The web page is left out: STUDYHALL_DASHBOARD is off")
    return()
  endif()
  find_program(STUDYHALL_NPM npm)
  find_program(STUDYHALL_NODE NAMES node nodejs)
  if(NOT STUDYHALL_NPM OR NOT STUDYHALL_NODE)
    message(FATAL_ERROR "The web page needs node and npm to build (scripts/setup.sh installs them); "
                        "-DSTUDYHALL_DASHBOARD=OFF builds without the page")
  endif()

  set(to "${CMAKE_CURRENT_BINARY_DIR}/dashboard")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${from}/src/*")
  set(packages "${to}/node_modules/.package-lock.json")
  set(made "${CMAKE_CURRENT_BINARY_DIR}/dashboard_files.cc")
  add_custom_command(
    OUTPUT "${packages}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${to}"
    COMMAND "${CMAKE_COMMAND}" -E copy "${from}/package.json" "${from}/package-lock.json" "${from}/.npmrc" "${to}"
    COMMAND "${CMAKE_COMMAND}" -E chdir "${to}" "${STUDYHALL_NPM}" ci --loglevel=error
    COMMAND "${CMAKE_COMMAND}" -E touch "${packages}"
    DEPENDS "${from}/package.json" "${from}/package-lock.json" "${from}/.npmrc"
    COMMENT "Installing the npm packages of the web page"
    VERBATIM)
  set(settings "${from}/index.html" "${from}/vite.config.ts" "${from}/tsconfig.json" "${from}/embed.mjs")
  add_custom_command(
    OUTPUT "${made}"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${to}/src"
    COMMAND "${CMAKE_COMMAND}" -E copy ${settings} "${to}"
    COMMAND "${CMAKE_COMMAND}" -E copy_directory "${from}/src" "${to}/src"
    COMMAND "${CMAKE_COMMAND}" -E chdir "${to}" "${STUDYHALL_NPM}" run --silent check
    COMMAND "${CMAKE_COMMAND}" -E chdir "${to}" "${STUDYHALL_NPM}" run --silent build -- --logLevel warn
    COMMAND "${STUDYHALL_NODE}" "${to}/embed.mjs" "${to}/dist" "${to}/packed" "${made}"
    DEPENDS ${sources} ${settings} "${packages}"
    COMMENT "Building the web page"
    VERBATIM)
  set(${variable} "${made}" PARENT_SCOPE)
endfunction()
