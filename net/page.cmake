# The web page: npm bundles net/page/, embed_page.py writes the result as C++, plated_net_web carries
# it. Runs again only when something that the page is made of has changed.
find_program(NPM npm REQUIRED)  # install_packages runs it
find_program(NODE NAMES node nodejs REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(page ${CMAKE_CURRENT_SOURCE_DIR}/page)
set(page_dist ${CMAKE_CURRENT_BINARY_DIR}/page)
set(page_packages ${page}/node_modules/.package-lock.json)
set(page_source ${CMAKE_CURRENT_BINARY_DIR}/page_assets_data.cpp)
file(GLOB_RECURSE page_inputs CONFIGURE_DEPENDS
  ${page}/src/*.ts ${page}/src/*.tsx ${page}/src/*.css ${page}/src/*.html ${page}/src/*.json)

# Build directories share the packages, so two first builds must not start together. npm writes this
# file last.
add_custom_command(
  OUTPUT ${page_packages}
  COMMAND ${page}/install_packages
  DEPENDS ${page}/package.json ${page}/package-lock.json ${page}/.npmrc
  WORKING_DIRECTORY ${page}
  COMMENT "Installing the page's packages"
  VERBATIM)

add_custom_command(
  OUTPUT ${page_source}
  COMMAND ${NODE} node_modules/typescript/bin/tsc --noEmit
  COMMAND ${NODE} build.mjs --out ${page_dist}
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/web/embed_page.py ${page_dist} ${page_source}
  DEPENDS ${page_packages} ${page_inputs} ${page}/build.mjs ${page}/messages.mjs
          ${page}/check_texts.mjs ${page}/evaluated.mjs
          ${page}/tsconfig.json ${CMAKE_CURRENT_SOURCE_DIR}/protocol/asyncapi.yaml
          ${CMAKE_CURRENT_SOURCE_DIR}/web/embed_page.py
  WORKING_DIRECTORY ${page}
  COMMENT "Building the page"
  VERBATIM)

add_custom_target(plated_page_assets DEPENDS ${page_source})
add_dependencies(plated_net_web plated_page_assets)
target_sources(plated_net_web PRIVATE ${page_source})
