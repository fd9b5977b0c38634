# Installs the engine into SCRATCH, builds the project beside this file against it, and runs it.
# Called by ctest as cmake -P, with BUILD_DIR, COMPILER and SCRATCH.
set(step COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${SCRATCH})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD_DIR} --component engine
                        --prefix ${SCRATCH}/installed ${step})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${SCRATCH}/build -G Ninja
                        -D CMAKE_CXX_COMPILER=${COMPILER}
                        -D CMAKE_PREFIX_PATH=${SCRATCH}/installed ${step})
execute_process(COMMAND ${CMAKE_COMMAND} --build ${SCRATCH}/build ${step})
execute_process(COMMAND ${SCRATCH}/build/guest ${step})
