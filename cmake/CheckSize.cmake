# cmake -DFILE=... -DMOST=... -P CheckSize.cmake: fails where a file is larger than so many bytes.
file(SIZE "${FILE}" bytes)
if(bytes GREATER MOST)
  message(FATAL_ERROR "${FILE} has ${bytes} bytes, more than ${MOST}")
endif()
