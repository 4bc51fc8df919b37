// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs from the recorder's log.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "import_log.h"
#include "program_text.h"
#include "support.h"
#include "temporary_folder.h"
#include "text.h"

namespace tidemark {
namespace {

bool is_told(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// Lines as the recorder writes them, of one process and one thread, a microsecond each.
class Log {
 public:
  explicit Log(unsigned process = 7) : process_(process) { begin(); }

  Log& begin() {
    text_ += "tidemark-record 1 " + decimal(process_) + "\n";
    next_ = 0;
    return *this;
  }
  Log& add(const std::string& call) {
    char time[32];
    std::snprintf(time, sizeof(time), "1700000000.%09u", 1000 * ++lines_);
    text_ += std::string(time) + " 500 " + decimal(process_) + " " + decimal(process_) + " " +
             decimal(next_++) + " " + call + "\n";
    return *this;
  }
  Log& skip() { return ++next_, *this; }
  Log& as(unsigned process) { return process_ = process, *this; }
  const std::string& text() const { return text_; }

  // A container with one group.
  Log& open(const std::string& kind, const std::string& container = "c7.1",
            const std::string& group = "g3") {
    return add(container + " api-version => 0")
        .add(group + " join " + container + " kind=" + kind + " => 0")
        .add(container + " set-iommu 0x3 => 0");
  }
  Log& map(const std::string& iova, const std::string& size, const std::string& flags = "0x3") {
    return add("c7.1 map argsz=0x20 flags=" + flags + " vaddr=0x0 iova=" + iova + " size=" + size +
               " => 0");
  }
  Log& query(const std::string& iova, const std::string& size, const std::string& result,
             const std::string& bitmap_size = "0x8") {
    return add("c7.1 dirty argsz=0x30 flags=0x4 iova=" + iova + " size=" + size +
               " pgsize=0x1000 bitmap_size=" + bitmap_size + " bitmap=0x10 => " + result);
  }
  Log& start() { return add("c7.1 dirty argsz=0x8 flags=0x1 => 0"); }

 private:
  std::string text_;
  unsigned process_, lines_ = 0, next_ = 0;
};

class Recorded : public testing::Test {
 protected:
  using Result = std::variant<ImportedLog, std::string>;

  Result import(const std::string& log, std::size_t container = 0) const {
    write_content(folder_.path / "log", log);
    return import_logs({(folder_.path / "log").string()}, container);
  }
  ImportedLog imported(const Log& log, std::size_t container = 0) const {
    const Result result = import(log.text(), container);
    if (const auto* wrong = std::get_if<std::string>(&result)) ADD_FAILURE() << *wrong;
    return std::holds_alternative<ImportedLog>(result) ? std::get<ImportedLog>(result)
                                                       : ImportedLog();
  }
  // The program, without comments, after it did what it says.
  std::string operations(const Log& log, std::size_t container = 0) const {
    const std::string text = imported(log, container).program;
    EXPECT_TRUE(runs(text)) << text;
    return print(program_of(text));
  }
  std::string why_not(const std::string& log, std::size_t container = 0) const {
    const Result result = import(log, container);
    return std::holds_alternative<std::string>(result) ? std::get<std::string>(result) : "";
  }

  const TemporaryFolder folder_;
};

TEST_F(Recorded, what_came_out_is_expected_and_what_queries_found_was_written) {
  Log log;
  log.open("emulated").map("0x0", "0x4000").map("0x100000", "0x64000").start();
  log.query("0x0", "0x4000", "0 words 0:0x3")
      .query("0x100000", "0x64000", "0 words 0:0xffffffffffffffff 1:0xf00000001", "0x10")
      .query("0x0", "0x4000", "0 words");
  log.add(
         "c7.1 unmap argsz=0x30 flags=0x1 iova=0x0 size=0x4000 pgsize=0x1000 bitmap_size=0x8 "
         "bitmap=0x0 => 0 size=0x4000 words 0:0x8")
      .add("c7.1 unmap argsz=0x18 flags=0x2 iova=0x0 size=0x0 => 0 size=0x64000")
      .add("c7.1 dirty argsz=0x8 flags=0x2 => 0")
      .add("c7.1 extension 0x9 => 1")
      .add("c7.1 ioctl 0x3b73 => -25")
      .add("g3 leave => 0")
      .add("c7.1 close");
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 emulated => 0\nmap 0p 4p rw => 0\nmap 0x100p 0x64p rw => 0\n"
            "start => 0\nwrite 0p 2p\nquery 0p 4p => 0 words 0:0x3\n"
            "write 0x100p 0x41p\nwrite 0x160p 4p\n"
            "query 0x100p 0x64p => 0 words 0:0xffffffffffffffff 1:0xf00000001\n"
            "query 0p 4p => 0 words\nwrite 3p 1p\n"
            "unmap 0p 4p bitmap => 0 size=0x4000 words 0:0x8\n"
            "unmap 0 0 all => 0 size=0x64000\nstop => 0\nextension 9 => 1\n"
            "ioctl 0x3b73 => -ENOTTY\ndetach g0\n");
  const ImportedLog made = imported(log);
  EXPECT_TRUE(is_told(made.program, "query 0p 4p => 0 words 0:0x3    # 8 1700000000.000007000\n"))
      << made.program;
  EXPECT_TRUE(is_told(made.program, "write 0p 2p    # inferred: the next reports it\n"));
  EXPECT_EQ(made.notes, std::vector<std::string>{"17 operations from 17 lines of a record"});
}

// The kernel lost a page: so the program has to fail.
TEST_F(Recorded, of_hardware_groups_nothing_is_inferred) {
  Log log;
  log.open("hardware").map("0x0", "0x4000").start();
  const std::string good = operations(Log(log).query("0x0", "0x4000", "0 words 0:0xf"));
  EXPECT_EQ(good,
            "container v2\nattach g0 hardware=0 => 0\nmap 0p 4p rw => 0\nstart => 0\n"
            "query 0p 4p => 0 words 0:0xf\n");
  const auto lost = runs(imported(Log(log).query("0x0", "0x4000", "0 words 0:0x7")).program);
  EXPECT_FALSE(lost);
  EXPECT_TRUE(is_told(lost.message(), "expected  0 words 0:0x7\nactual    0 words 0:0xf"))
      << lost.message();
}

// All that is mapped is dirty anyhow.
TEST_F(Recorded, beside_a_hardware_group_nothing_is_inferred_of_an_emulated_one) {
  Log log;
  log.open("emulated").add("g4 join c7.1 kind=hardware => 0").map("0x0", "0x4000").start();
  EXPECT_EQ(operations(log.query("0x0", "0x4000", "0 words 0:0xf")),
            "container v2\nattach g0 emulated => 0\nattach g1 hardware=0 => 0\n"
            "map 0p 4p rw => 0\nstart => 0\nquery 0p 4p => 0 words 0:0xf\n");
}

// A page that is not mapped cannot have been written, and so the program says what is wrong.
TEST_F(Recorded, bits_of_what_is_not_mapped_stay_expected) {
  Log log;
  log.open("emulated").map("0x0", "0x2000").start().query("0x0", "0x4000", "0 words 0:0x5");
  const std::string program = imported(log).program;
  EXPECT_TRUE(is_told(program, "\nwrite 0p 1p  ")) << program;
  EXPECT_FALSE(runs(program));
}

TEST_F(Recorded, memory_that_may_not_be_written_was_pinned) {
  Log log;
  log.open("emulated").map("0x0", "0x2000", "0x1").map("0x2000", "0x2000").start();
  log.query("0x0", "0x4000", "0 words 0:0x6").query("0x0", "0x4000", "0 words 0:0x1");
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 emulated => 0\nmap 0p 2p r => 0\nmap 2p 2p rw => 0\n"
            "start => 0\nenroll d0\npin d0 1p 1p r\nunpin d0 1p 1p\nwrite 2p 1p\n"
            "query 0p 4p => 0 words 0:0x6\npin d0 0p 1p r\nunpin d0 0p 1p\n"
            "query 0p 4p => 0 words 0:0x1\n");
}

// 64 and 56 bytes are what the capabilities have; the last one has two valid ranges.
TEST_F(Recorded, hardware_is_what_get_info_says) {
  const std::string reply =
      "c7.1 info argsz=0x100 => 0 bytes="
      "00010000"
      "03000000"
      "0010200000000000"
      "18000000"
      "00000000"
      "02000100"
      "38000000"
      "00000000"
      "00000000"
      "0010000000000000"
      "0000001000000000"
      "03000100"
      "44000000"
      "ffff0000"
      "01000100"
      "00000000"
      "02000000"
      "00000000"
      "0000000000000000"
      "ffffdffe00000000"
      "0000f0fe00000000"
      "ffffffff7f";
  Log log;
  log.open("unknown").add(reply).add("c7.1 extension 0x4 => 0").map("0x0", "0x4000");
  const std::string expected =
      "container v2\n"
      "attach g0 hardware=0 pgsizes=0x1000,0x200000 aperture=0x0-0x7fffffffff "
      "reserved=0xfee00000-0xfeefffff coherent=no => 0\n"
      "info argsz=256 => 0 argsz=256 flags=0x3 iova_pgsizes=0x201000 cap_offset=24 "
      "migration_flags=0x0 pgsize_bitmap=0x1000 max_dirty_bitmap_size=0x10000000 dma_avail=65535 "
      "capabilities=migration:24,dma-avail:56,iova-range:68 "
      "iova_ranges=0x0-0xfedfffff,0xfef00000-0x7fffffffff\nextension 4 => 0\nmap 0p 4p rw => 0\n";
  EXPECT_EQ(operations(log), expected);
  EXPECT_TRUE(is_told(imported(log).program, "by GET_INFO's ranges of addresses"));
}

TEST_F(Recorded, odd_arguments_are_bent_fields) {
  Log log;
  log.open("hardware");
  log.add("c7.1 map argsz=0x28 flags=0x7 vaddr=0x10 iova=0x0 size=0x1000 => -22")
      .add("c7.1 map unreadable => -14")
      .add("c7.1 map argsz=0x20 flags=0x3 vaddr=0x0 iova=0x0 size=0x1000 => -14")
      .map("0x0", "0x1000")
      .start()
      .add("c7.1 dirty argsz=0x8 flags=0x3 => -22")
      .add("c7.1 dirty unreadable => -14")
      .add(
          "c7.1 dirty argsz=0x30 flags=0x4 iova=0x0 size=0x1000 pgsize=0x2000 bitmap_size=0x8 "
          "bitmap=0x0 => -22")
      .query("0x0", "0x1000", "-14")
      .add("c7.1 unmap argsz=0x18 flags=0x8 iova=0x0 size=0x1000 => -22")
      .add("c7.1 unmap unreadable => -14")
      .add("c7.1 info argsz=0x0 => -22")
      .add("c7.1 info unreadable => -14");
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 hardware=0 => 0\n"
            "map 0p 1p rw vaddr=fresh+16 argsz=40 flags=0x7 => -EINVAL\n"
            "map 0p 1p rw arg=0x0 => -EFAULT\nmap 0p 1p rw fault=memory+0 => -EFAULT\n"
            "map 0p 1p rw => 0\nstart => 0\nstart flags=0x3 => -EINVAL\nstart arg=0x0 => -EFAULT\n"
            "query 0p 1p pgsize=0x2000 => -EINVAL\n"
            "query 0p 1p bitmap=0x0 => -EFAULT\nunmap 0p 1p flags=0x8 => -EINVAL\n"
            "unmap 0p 1p arg=0x0 => -EFAULT\ninfo argsz=0 => -EINVAL\ninfo arg=0x0 => -EFAULT\n");
}

TEST_F(Recorded, words_that_are_not_all_known_are_not_expected) {
  for (const char* result : {"0 used words 0:0x1", "0 words 0:0x1 more=3", "0 unread"}) {
    Log log;
    log.open("emulated").map("0x0", "0x4000").start().query("0x0", "0x4000", result);
    const std::string program = imported(log).program;
    EXPECT_TRUE(is_told(program, "\nquery 0p 4p => 0    #")) << program;
    EXPECT_TRUE(is_told(program, "words of bitmaps")) << program;
    EXPECT_EQ(is_told(program, "\nwrite 0p 1p"), is_told(result, "used")) << program;
    EXPECT_TRUE(runs(program));
  }
}

TEST_F(Recorded, what_would_be_too_much_to_write_is_not) {
  Log log;
  log.open("emulated").map("0x0", "0x8000000000").start();
  log.query("0x0", "0x8000000000", "0 words 0-2097151:0xffffffffffffffff", "0x1000000");
  const std::string program = imported(log).program;
  EXPECT_TRUE(is_told(program, "more than can be written in a program, page by page: 1"));
  EXPECT_FALSE(is_told(program, "\nwrite"));
  EXPECT_TRUE(runs(program)) << program;
}

TEST_F(Recorded, containers_are_told_apart) {
  Log log;
  log.open("emulated").map("0x0", "0x1000").map("0x1000", "0x1000");
  log.open("hardware", "c7.2", "g4")
      .add("c7.2 map argsz=0x20 flags=0x3 vaddr=0x0 iova=0x5000 size=0x1000 => 0");
  // The first begins anew when its last group has left.
  log.add("g3 leave => 0").open("emulated").map("0x9000", "0x1000");
  EXPECT_TRUE(is_told(imported(log).notes.at(0), ", container 1 of 3"));
  EXPECT_TRUE(is_told(operations(log), "map 0p 1p rw => 0\nmap 1p 1p rw => 0\ndetach g0\n"));
  EXPECT_EQ(operations(log, 2), "container v2\nattach g0 hardware=0 => 0\nmap 5p 1p rw => 0\n");
  EXPECT_EQ(operations(log, 3), "container v2\nattach g0 emulated => 0\nmap 9p 1p rw => 0\n");
  EXPECT_TRUE(is_told(imported(log, 3).program, "# Container 3 of 3.\n"));
  EXPECT_EQ(why_not(log.text(), 4), "there is no container 4 in the log, which has 3");
}

TEST_F(Recorded, processes_are_who_calls) {
  Log log;
  log.open("emulated").map("0x0", "0x1000");
  log.as(8).begin().map("0x1000", "0x1000").as(7).start();
  log.query("0x0", "0x2000", "0 words 0:0x3").as(8).begin().query("0x0", "0x2000", "0 words");
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 emulated => 0\nmap 0p 1p rw => 0\nmap 1p 1p rw by=p1 => 0\n"
            "start => 0\nwrite 0p 1p by=kernel\nwrite 1p 1p by=kernel\nquery 0p 2p => 0 words "
            "0:0x3\nexec p1\n"
            "query 0p 2p by=p1 => 0 words\n");
}

TEST_F(Recorded, lines_that_are_missing_or_not_known_are_said) {
  Log log;
  log.open("emulated").skip().skip().map("0x0", "0x1000").skip().map("0x1000", "0x1000");
  const ImportedLog made = imported(log);
  EXPECT_TRUE(is_told(made.program, "#   lines that are missing in the log: 3\n")) << made.program;
  EXPECT_EQ(made.notes.at(1), "lines that are missing in the log: 3");
  const Result cut = import(log.text() + "1700000000.000009000 500 7 7 9 c7.1 map argsz=0x20 fl");
  ASSERT_TRUE(std::holds_alternative<ImportedLog>(cut));
  EXPECT_TRUE(is_told(std::get<ImportedLog>(cut).notes.at(2), "1 line is not known"));
}

// What no call can have had.
TEST_F(Recorded, lines_with_numbers_that_are_too_large_are_not_known) {
  for (const char* call :
       {"c7.1 map argsz=0x100000000 flags=0x3 vaddr=0x0 iova=0x0 size=0x1000 => 0",
        "c7.1 ioctl 0x100000000 => -25", "c7.1 extension 0x9 => -5000",
        "c7.1 dirty argsz=0x8 flags=0x100000001 => 0", "c7.1 unknown => 0",
        "c7.1 unmap argsz=0x30 flags=0x1 iova=0x0 size=0x1000 pgsize=0x1000 bitmap_size=0x8 "
        "bitmap=0x0 => 0 size=0x1000 words 33554432:0x1",
        "c7.1 map argsz=0x20 flags=0x3 vaddr=0x0 iova=0x0 size=0x1000"}) {
    const ImportedLog made = imported(Log().open("emulated").add(call));
    ASSERT_EQ(made.notes.size(), 3u) << call;
    EXPECT_TRUE(is_told(made.notes[1], "1 line is not known")) << call;
  }
}

TEST_F(Recorded, calls_of_several_threads_at_once_are_said) {
  const std::string head = Log().open("emulated").text();
  const std::string call = " c7.1 extension 0x9 => 1\n";
  const auto program = [&](const std::string& begin, const std::string& thread) {
    const Result result = import(head + "1700000001.000000000 500 7 7 3" + call +
                                 "1700000001.000000" + begin + " 500 7 " + thread + " 4" + call);
    return std::get<ImportedLog>(result).program;
  };
  EXPECT_TRUE(is_told(program("400", "8"), "# Called while another thread's call ran: 1."));
  EXPECT_FALSE(is_told(program("600", "8"), "another thread"));
}

TEST_F(Recorded, what_began_before_the_record_is_inferred) {
  Log log;
  log.map("0x0", "0x1000").start().query("0x0", "0x1000", "0 words 0:0x1");
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 emulated\nmap 0p 1p rw => 0\nstart => 0\nwrite 0p 1p\n"
            "query 0p 1p => 0 words 0:0x1\n");
  EXPECT_TRUE(is_told(imported(log).program, "the record begins behind them"));
}

// DPDK's devices have the process's own addresses.
TEST_F(Recorded, addresses_of_the_host_are_moved) {
  Log log;
  log.open("hardware")
      .add(
          "c7.1 map argsz=0x20 flags=0x3 vaddr=iova iova=0x7f0012345000 "
          "size=0x2000 => 0");
  log.add("c7.1 unmap argsz=0x18 flags=0x0 iova=0x7f0012345000 size=0x2000 => 0 size=0x2000");
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 hardware=0 => 0\nmap 0x12345p 2p rw => 0\n"
            "unmap 0x12345p 2p => 0 size=0x2000\n");
  EXPECT_FALSE(is_told(imported(log).program, "7f00"));
}

TEST_F(Recorded, what_is_no_record_or_of_another_time_is_refused) {
  EXPECT_EQ(why_not("tidemark-record 2 7\n"), "the log is of version 2, and this reads version 1");
  EXPECT_EQ(why_not("tidemark-record 1 7\n"), "the log has no call on a container");
  EXPECT_TRUE(
      is_told(why_not(Log().open("emulated").text() +
                      "vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f01]\n"),
              "they have no order in common"));
  EXPECT_EQ(why_not("vfio_listener_region_del region_del 0x0 - 0x9ffff\n", 1),
            "only a record tells containers apart");
}

TEST_F(Recorded, of_a_long_record_the_end_stays) {
  Log log;
  log.open("hardware", "c7.1", "g3").map("0x0", "0x1000");
  log.start();
  std::string words;
  for (unsigned i = 0; i < 1000; ++i) words += " " + decimal(i) + ":" + hex(i + 1);
  for (unsigned i = 0; i < 500; ++i) log.query("0x0", "0x40000000", "0 words" + words, "0x8000");
  const std::string program = imported(log).program;
  EXPECT_TRUE(is_told(program, "this one begins with the 1 mappings that there were after "));
  EXPECT_TRUE(is_told(program, "\nattach g0 hardware=0 => 0\nmap 0p 1p rw\nstart\nquery 0p "))
      << program.substr(0, 1000);
}

// Whatever is in it, a log is refused or becomes a program.
TEST_F(Recorded, spoilt_logs_do_no_harm) {
  Log log;
  log.open("unknown").map("0x0", "0x4000").start().query("0x0", "0x4000", "0 words 0:0x3");
  log.add("c7.1 info argsz=0x44 => 0 bytes=440000000300000000f0ffffffffffff18000000000000000300");
  const std::string whole = log.text();
  std::mt19937 random(1);
  for (unsigned i = 0; i < 400; ++i) {
    std::string text = whole;
    for (unsigned changes = 1 + random() % 4; changes; --changes) {
      const std::size_t at = random() % text.size();
      constexpr std::string_view kPieces[] = {"",      "-", "0xffffffffffffffff", " ", "0",
                                              "words", "\n"};
      text.replace(at, random() % 8, kPieces[random() % std::size(kPieces)]);
    }
    import(text);
  }
}

}  // namespace
}  // namespace tidemark
