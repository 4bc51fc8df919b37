// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tidemark {

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && kind && std::string_view(kind) != "dumb" && *kind;
}

unsigned columns() {
  winsize size = {};
  const bool says = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col;
  return says ? size.ws_col : 80;
}

bool has_colour() {
  const char* refused = std::getenv("NO_COLOR");
  return is_terminal() && !(refused && *refused);
}

}  // namespace tidemark
