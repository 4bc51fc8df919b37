// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "interrupts.h"

#include <signal.h>

namespace tidemark {
namespace {

volatile sig_atomic_t counted = 0;

void count(int signal_number) {
  if (counted) {
    signal(signal_number, SIG_DFL);
    raise(signal_number);
  }
  counted = counted + 1;
}

}  // namespace

void count_interrupts() {
  signal(SIGINT, count);
  signal(SIGTERM, count);
}

int interrupts() { return counted; }

}  // namespace tidemark
