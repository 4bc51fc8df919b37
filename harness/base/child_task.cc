// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "child_task.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace tidemark {

ChildTask::ChildTask(const std::function<std::string()>& make, unsigned seconds)
    : until_(Clock::now() + std::chrono::seconds(seconds)),
      child_(
          [&] {
            setpgid(0, 0);  // a terminal's interrupt is for the parent, who may go on with it
            text_.become(make());
          },
          Heard::errors) {}

bool ChildTask::has_ended(int milliseconds) {
  if (child_.output() < 0) return true;
  pollfd file = {child_.output(), POLLIN, 0};
  // What it prints is taken, so that it need not wait, and of no interest.
  if (poll(&file, 1, milliseconds) > 0 && !child_.read_output(said_)) return true;
  said_.clear();
  if (Clock::now() < until_) return false;
  // What it was kept waiting for does not count, as far as that is known of those that live.
  const std::chrono::duration<double> waited(child_.seconds_without_core());
  if (Clock::now() < until_ + std::chrono::duration_cast<Clock::duration>(waited)) return false;
  timed_out_ = true;
  child_.kill(SIGKILL);
  return true;
}

std::optional<std::string> ChildTask::text() const {
  return timed_out_ ? std::nullopt : text_.text();
}

}  // namespace tidemark
