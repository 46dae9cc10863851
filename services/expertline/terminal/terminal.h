// What a terminal can show.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace expertline::cli {

enum class Style { kBold, kDim, kGreen, kRed, kYellow, kCyan };

struct Terminal {
  bool tty = false;     // somebody may be looking: progress in place, redrawing
  bool colour = false;  // escapes are understood; never without a tty, with NO_COLOR or with TERM=dumb
  int width = 100;      // columns
  int height = 40;      // rows

  static Terminal of(std::FILE* stream);

  // `text` in that style, or just `text` where colours are off.
  std::string paint(Style style, std::string_view text) const;
};

// `text` with control characters as '?', so that what others wrote cannot drive the terminal.
std::string printable(std::string_view text);

// Columns that `text` takes, counting code points.
size_t columns(std::string_view text);

// At most `width` columns of `text`; a cut is shown by an ellipsis.
std::string cut(std::string_view text, size_t width);

}  // namespace expertline::cli
