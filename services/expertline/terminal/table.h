// Text in aligned columns.
#pragma once

#include <string>
#include <vector>

#include "expertline/terminal/terminal.h"

namespace expertline::cli {

class Table {
 public:
  // A header that begins with '>' stands over a column that is aligned to the right.
  explicit Table(std::vector<std::string> headers);

  // As many cells as there are headers.
  void add(std::vector<std::string> cells);
  size_t rows() const { return rows_.size(); }

  // Lines that each end with a newline; the header dimmed where colours are on; no line wider than the terminal
  // if `terminal` is a tty.
  std::string text(const Terminal& terminal) const;

 private:
  std::vector<std::string> headers_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace expertline::cli
