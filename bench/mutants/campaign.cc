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
#include <random>
#include <stdexcept>
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
    for (; next_ < waiting_.size() && running_.size() < jobs_; ++next_) {
      Running one{waiting_[next_], work_.path / std::to_string(next_), nullptr};
      one.child = std::make_unique<Child>([&] { answer(one.result.mutant, judge_, one.answer); },
                                          Heard::all);
      running_.push_back(std::move(one));
    }
  }

  // Those that have ended meanwhile.
  std::vector<Result> wait_a_moment() {
    std::vector<pollfd> files;
    for (const Running& one : running_) files.push_back({one.child->output(), POLLIN, 0});
    poll(files.data(), files.size(), 200);
    std::vector<Result> ended;
    for (std::size_t i = running_.size(); i-- > 0;) {
      if (!files[i].revents || running_[i].child->read_output(running_[i].said)) continue;
      ended.push_back(end(running_[i]));
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return ended;
  }

 private:
  static Result end(Running& one) {
    one.child->wait();
    const auto text = read_if_there(one.answer);
    if (!text)
      throw std::runtime_error("mutant " + one.result.mutant.id + " could not be judged: " +
                               (one.said.empty() ? "its process was killed" : one.said));
    one.result.verdict = parse_verdict(*text);
    return std::move(one.result);
  }

  std::vector<Result> waiting_;
  std::size_t next_ = 0;
  const unsigned jobs_;
  const std::function<Verdict(const Mutant&)>& judge_;
  const TemporaryFolder work_;
  std::vector<Running> running_;
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

std::vector<Result> run_campaign(std::vector<Result> waiting, unsigned jobs,
                                 const std::function<Verdict(const Mutant&)>& judge,
                                 const std::function<bool()>& interrupted,
                                 const std::function<void(const Result&)>& done) {
  std::vector<Result> results;
  Campaign campaign(std::move(waiting), jobs, judge);
  while (!campaign.over() && !interrupted()) {
    campaign.start();
    for (Result& result : campaign.wait_a_moment()) {
      done(result);
      results.push_back(std::move(result));
    }
  }
  return results;
}

}  // namespace tidemark::mutants
