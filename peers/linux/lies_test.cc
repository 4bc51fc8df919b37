// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is known of Linux hides nothing else: where it also lies, beside what an entry
// of the list explains, it is caught.
#include "liar.h"
#include "linux_lockstep.h"
#include "parsed.h"
#include "test_support.h"

namespace tidemark {
namespace {

// Linux, but for one lie.
class LyingLinux final : public LinuxSubject {
 public:
  LyingLinux(Lie lie, std::unique_ptr<Subject> honest, World& world)
      : linux_(static_cast<LinuxSubject&>(*honest)),
        liar_(make_liar(lie, std::move(honest), world)) {}

  std::int64_t ioctl(unsigned command, std::uint64_t argument) override {
    return liar_->ioctl(command, argument);
  }
  int attach(unsigned group, const HardwareKind* kind) override {
    return liar_->attach(group, kind);
  }
  void detach(unsigned group) override { liar_->detach(group); }
  void enroll(unsigned device) override { liar_->enroll(device); }
  void withdraw(unsigned device) override { liar_->withdraw(device); }
  int pin(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns) override {
    return liar_->pin(group, iova, count, rights, pfns);
  }
  void unpin(std::uint64_t iova, int count) override { liar_->unpin(iova, count); }
  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override {
    return liar_->rw(iova, data, bytes, write);
  }
  Sizes sizes() override { return liar_->sizes(); }
  void inspect(State& state) override { liar_->inspect(state); }
  std::optional<Discrepancy> audit(const State& shown) override { return liar_->audit(shown); }
  std::string release() override { return liar_->release(); }

  const char* version() const override { return linux_.version(); }
  std::uint64_t uncharged_bytes() const override { return linux_.uncharged_bytes(); }
  std::vector<std::string> take_warnings() override { return linux_.take_warnings(); }
  linux_circumstances& circumstances() override { return linux_.circumstances(); }
  int reopen(unsigned long type) override { return linux_.reopen(type); }
  std::int64_t offers(unsigned long extension) override { return linux_.offers(extension); }
  int has_domain(unsigned group) override { return linux_.has_domain(group); }

 private:
  LinuxSubject& linux_;
  std::unique_ptr<Subject> liar_;
};

template <Lie lie, auto make>
std::unique_ptr<Subject> make_lying_linux(const Setup& setup, World& world) {
  return std::make_unique<LyingLinux>(lie, make(setup, world), world);
}

template <Lie lie>
LinuxVersion lying(LinuxVersion version) {
  version.make_careful = version.bit == kLinux61 ? make_lying_linux<lie, make_careful_linux_6_1>
                                                 : make_lying_linux<lie, make_careful_linux_6_12>;
  return version;
}

struct Case {
  const char* what;
  LinuxVersion (*version)(LinuxVersion);
  const char* program;
  const char* signature;
};
constexpr Case kCases[] = {
    {"a VADDR flag came before, and was turned down", lying<Lie::wrong_unmapped_size>,
     "container v2\nmap 0p 1p rw\nmap 0p 1p rw flags=4\nunmap 0p 1p\n", "lockstep.unmap.argument"},
    {"a query that all range rules allow", lying<Lie::loses_a_page>,
     "container v2 rule=any\nmap 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p\n",
     "lockstep.query.missing-dirty"},
    {"a query failed before it did anything", lying<Lie::loses_a_page>,
     "container v2\nmap 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p fault=arg-read+5\nquery 0p 1p\n",
     "lockstep.query.missing-dirty"},
    {"an unmap failed before it did anything", lying<Lie::calls_back_for_less>,
     "container v2\nmap 0p 2p rw\nunmap 0p 2p fault=arg-read+0\n", "lockstep.unmap.callbacks"},
    {"a write failed before it wrote", lying<Lie::loses_a_page>,
     "container v2\nattach g0 emulated\nenroll d0\nmap 0p 1p r\nstart\nwrite 0p 1\n"
     "pin d0 0p 1p r\nquery 0p 1p\n",
     "lockstep.query.missing-dirty"},
    {"a write failed in another page", lying<Lie::loses_a_page>,
     "container v2\nmap 0p 2p rw\nstart\nwrite 0p 1\nwrite 1p 1 fault=memory+0\nquery 0p 2p\n",
     "lockstep.query.missing-dirty"},
    {"a clean word is of no mapping", lying<Lie::stores_a_clean_word>,
     "container v2\nmap 0p 1p rw\nstart\nquery 0p 192p\n", "lockstep.query.stored-words"},
    {"an unmap in the window has no bitmap", lying<Lie::wrong_unmapped_size>,
     "container v2\nattach g0 emulated\nenroll d0\nmap 0p 1p rw\nmap 8p 1p rw\npin d0 0p 1p rw\n"
     "window d0: unmap 8p 1p\nunmap 0p 1p\n",
     "lockstep.unmap.window.unmap.output"},
    {"another query came after it in the window", lying<Lie::loses_a_page_in_windows>,
     "container v2\nattach g0 emulated\nenroll d0\nmap 0p 1p rw\nmap 8p 1p rw\npin d0 0p 1p rw\n"
     "start\nwrite 8p 1\nwindow d0: query 8p 1p\nwindow d0: query 16p 1p\nunmap 0p 1p\n",
     "lockstep.unmap.window.query.output"},
    {"what was mapped in the window is not unmapped", lying<Lie::refuses_in_windows>,
     "container v2\nattach g0 emulated\nenroll d0\nmap 0p 1p rw\npin d0 0p 1p rw\n"
     "window d0: map 8p 1p rw\nwindow d0: pin d0 8p 1p rw\nunmap 0p 1p\n",
     "lockstep.unmap.window.pin.result.EBUSY-instead-of-success"},
    {"marks are rounded, and the IOMMU has other rights", lying<Lie::has_other_rights>,
     "container v2\nattach g0 hardware=2\nmap 0p 16p rw\nstart\nwrite 0p 1\n",
     "lockstep.state.iommu"},
    {"marks of large pages begin where the mapping does", lying<Lie::hides_marks>,
     "container v2\nattach g0 hardware=1\nmap 8p 32p rw\nattach g1 hardware=6\nstart\n"
     "write 8p 1\n",
     "lockstep.state.missing-marks"},
};

class LiesTest : public testing::TestWithParam<LinuxVersion> {};

TEST_P(LiesTest, AreNotExplained) {
  for (const Case& c : kCases) {
    const LinuxVersion version = c.version(GetParam());
    const Verdict verdict = LinuxLockstep(version).judge(parsed(c.program));
    EXPECT_EQ(print(verdict.signature), c.signature) << c.what;
    EXPECT_STREQ(verdict.expected ? verdict.expected->name : "", "") << c.what;
  }
}

// It is the lie that is caught.
TEST_P(LiesTest, WithoutThemAllIsExplained) {
  for (const Case& c : kCases) {
    const Verdict verdict = LinuxLockstep(GetParam()).judge(parsed(c.program));
    EXPECT_TRUE(!verdict.signature || verdict.expected)
        << c.what << ": " << print(verdict.signature);
  }
}

INSTANTIATE_TEST_SUITE_P(Linux, LiesTest,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);

}  // namespace
}  // namespace tidemark
