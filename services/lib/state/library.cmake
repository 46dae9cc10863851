# Joins the Lua files of the function library into one C++ string (see library.h).
# cmake -DFILES=a.lua,b.lua -DOUT=library.cc -P library.cmake
string(REPLACE "," ";" files "${FILES}")
set(text "#!lua name=expertline1\n")
foreach(file IN LISTS files)
  file(READ ${file} part)
  string(APPEND text "${part}\n")
endforeach()
# A raw string literal holds at most 65,536 bytes in some compilers: one literal a line is safe and readable.
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
file(WRITE ${OUT} "// Made from services/lib/state/functions/*.lua.\n#include \"state/library.h\"\n\nnamespace expertline::state {\nconst std::string& function_library() {\n  static const std::string text =\n    \"${text}\";\n  return text;\n}\n}  // namespace expertline::state\n")
