// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "campaign.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "digest.h"
#include "files.h"
#include "verdict_text.h"

namespace tidemark::mutants {
namespace {

namespace fs = std::filesystem;

struct Running {
  Result result;
  fs::path answer;
  std::unique_ptr<Child> child;
  bool again = false;
  std::string said = {};
};

// In the child. The terminal's interrupt is for our parent, who then ends us.
void answer(const Mutant& mutant, const std::function<Verdict(const Mutant&)>& judge,
            const fs::path& file) {
  setpgid(0, 0);
  try {
    write_file(file, print(judge(mutant)), Survives::process);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
}

class Campaign {
 public:
  Campaign(std::vector<Result> waiting, unsigned jobs,
           const std::function<Verdict(const Mutant&)>& judge)
      : waiting_(std::move(waiting)), jobs_(jobs), judge_(judge) {}
  ~Campaign() {
    // What compilers have started becomes our child, and is soon done.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    running_.clear();
    while (wait(nullptr) > 0 || errno == EINTR) {
    }
  }
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;

  bool over() const { return next_ == waiting_.size() && running_.empty(); }

  void start() {
    for (; next_ < waiting_.size() && running_.size() < jobs_; ++next_)
      begin(waiting_[next_], work_.path / std::to_string(next_), false);
  }

  // Why it does not go on, if it does not.
  const std::string& failure() const { return failure_; }

  // Those that have ended meanwhile.
  std::vector<Result> wait_a_moment() {
    std::vector<pollfd> files;
    for (const Running& one : running_) files.push_back({one.child->output(), POLLIN, 0});
    poll(files.data(), files.size(), 200);
    std::vector<Result> ended;
    for (std::size_t i = running_.size(); i-- > 0;) {
      if (!files[i].revents || running_[i].child->read_output(running_[i].said)) continue;
      Running one = std::move(running_[i]);
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      if (auto result = end(one)) ended.push_back(std::move(*result));
    }
    return ended;
  }

 private:
  void begin(const Result& result, const fs::path& file, bool again) {
    Running one{result, file, nullptr, again};
    one.child =
        std::make_unique<Child>([&] { answer(one.result.mutant, judge_, one.answer); }, Heard::all);
    running_.push_back(std::move(one));
  }

  // Nothing for one that was not judged.
  std::optional<Result> end(Running& one) {
    one.child->wait();
    if (const auto text = read_if_there(one.answer)) {
      one.result.verdict = parse_verdict(*text);
      return std::move(one.result);
    }
    if (one.again)
      failure_ = "mutant " + one.result.mutant.id + " could not be judged: " +
                 (one.said.empty() ? "its process was killed" : one.said);
    else
      begin(one.result, one.answer, true);
    return std::nullopt;
  }

  std::vector<Result> waiting_;
  std::size_t next_ = 0;
  const unsigned jobs_;
  const std::function<Verdict(const Mutant&)>& judge_;
  const TemporaryFolder work_;
  std::vector<Running> running_;
  std::string failure_;
};

std::uint64_t lot(const Mutant& mutant, std::uint64_t seed) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(mutant.id.data());
  // Seeds that are near each other must not draw alike.
  return std::mt19937_64(digest_of(bytes, mutant.id.size()) ^ seed)();
}

}  // namespace

std::vector<Mutant> sample(const std::vector<Mutant>& mutants, std::size_t count,
                           std::uint64_t seed) {
  std::vector<std::pair<std::uint64_t, std::size_t>> lots;
  for (std::size_t i = 0; i < mutants.size(); ++i) lots.emplace_back(lot(mutants[i], seed), i);
  std::ranges::sort(lots);
  lots.resize(std::min(count, lots.size()));
  std::ranges::sort(lots, {}, [](const auto& one) { return one.second; });
  std::vector<Mutant> drawn;
  for (const auto& [number, i] : lots) drawn.push_back(mutants[i]);
  return drawn;
}

Judged run_campaign(std::vector<Result> waiting, unsigned jobs,
                    const std::function<Verdict(const Mutant&)>& judge,
                    const std::function<bool()>& interrupted,
                    const std::function<void(const Result&)>& done) {
  Judged judged;
  Campaign campaign(std::move(waiting), jobs, judge);
  while (!campaign.over() && campaign.failure().empty() && !interrupted()) {
    campaign.start();
    for (Result& result : campaign.wait_a_moment()) {
      done(result);
      judged.results.push_back(std::move(result));
    }
  }
  judged.failure = campaign.failure();
  return judged;
}

}  // namespace tidemark::mutants
