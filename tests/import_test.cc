// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs from logs: lines as public reports have them, with other numbers and names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <system_error>

#include "import_log.h"
#include "logged_mappings.h"
#include "program_text.h"
#include "support.h"
#include "temporary_folder.h"
#include "text.h"

namespace tidemark {
namespace {

class Import : public testing::Test {
 protected:
  using Result = std::variant<ImportedLog, std::string>;

  std::string file(std::string_view log, const std::string& name = "log") const {
    write_content(folder_.path / name, log);
    return (folder_.path / name).string();
  }
  Result import(std::string_view log) const { return import_logs({file(log)}); }
  ImportedLog imported(std::string_view log) const {
    const Result result = import(log);
    if (const auto* wrong = std::get_if<std::string>(&result)) ADD_FAILURE() << *wrong;
    return std::holds_alternative<ImportedLog>(result) ? std::get<ImportedLog>(result)
                                                       : ImportedLog();
  }
  // The program, without comments, after it did what it says.
  std::string operations(std::string_view log) const {
    const std::string text = imported(log).program;
    EXPECT_TRUE(runs(text)) << text;
    return print(program_of(text));
  }
  std::string why_not(std::string_view log) const {
    const Result result = import(log);
    return std::holds_alternative<std::string>(result) ? std::get<std::string>(result) : "";
  }

  const TemporaryFolder folder_;
};

bool has_part(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

TEST_F(Import, a_guest_that_starts_and_migrates_is_what_the_trace_says) {
  EXPECT_EQ(
      operations("4242@1699000000.100001:vfio_attach_device  (0000:3b:00.0) group 17\n"
                 "4242@1699000000.1001:vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff "
                 "[0x7f4e14000000]\n"
                 "4242@1699000000.1002:vfio_listener_region_add_ram region_add [ram] "
                 "0xfffc0000 - 0xffffffff [0x7f4e9d400000]\n"
                 "4242@1699000009.2001:vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 "
                 "bitmap_size=0x18 start=0x0 dirty_pages=160\n"
                 "4242@1699000009.2002:vfio_get_dirty_bitmap iova=0xfffc0000 size= 0x40000 "
                 "bitmap_size=0x8 start=0x80000000 dirty_pages=64\n"
                 "4242@1699000012.3001:vfio_listener_region_del region_del 0x0 - 0x9ffff\n"
                 "4242@1699000013.0001:vfio_save_cleanup  (0000:3b:00.0)\n"
                 "4242@1699000013.0002:vfio_detach_device  (0000:3b:00.0) group 17\n"),
      "container v2\n"
      "attach g0 hardware=0\n"
      "map 0p 0xa0p rw\n"
      "map 0xfffc0p 0x40p rw\n"
      "start\n"
      "query 0p 0xa0p => 0 words 0-1:0xffffffffffffffff 2:0xffffffff\n"
      "query 0xfffc0p 0x40p => 0 words 0:0xffffffffffffffff\n"
      "unmap 0p 0xa0p\n"
      "stop\n"
      "detach g0\n");
}

// Each says the same operations.
TEST_F(Import, every_backend_of_qemu_is_read) {
  const std::string expected =
      "container v2\nattach g0 hardware=0\nmap 0xf8000p 6p rw\nmap 0x100000p 0x80000p rw\n"
      "start\nquery 0xf8000p 6p => 0 words 0:0x3f\nunmap 0xf8000p 6p\n";
  EXPECT_EQ(operations("vfio_listener_region_add_ram region_add [ram] 0xf8000000 - 0xf8005fff "
                       "[0x7f691e800000]\r\n"
                       "vfio_listener_region_add_ram region_add [ram] 0x100000000 - 0x17fffffff "
                       "[0x7f691e807000]\r\n"
                       "vfio_get_dirty_bitmap container fd=25, iova=0xf8000000 size= 0x6000 "
                       "bitmap_size=0x8 start=0x0 dirty_pages=6\r\n"
                       "vfio_listener_region_del region_del 0xf8000000 - 0xf8005fff\r\n"),
            expected);
  EXPECT_EQ(operations("янв 13 18:17:37 VM qemu-system-x86_64[7131]: vfio_listener_region_add_ram "
                       "region_add [ram] f8000000 - f8005fff [0x7f691e800000]\n"
                       "янв 13 18:17:38 VM qemu-system-x86_64[7131]: vfio_listener_region_add_ram "
                       "region_add [ram] 100000000 - 17fffffff [0x7f691e807000]\n"
                       "янв 13 18:17:39 VM qemu-system-x86_64[7131]: "
                       "vfio_container_query_dirty_bitmap iova=0xf8000000 size= 0x6000 "
                       "bitmap_size=0x8 gpa=0x0 dirty_pages=6\n"
                       "янв 13 18:17:39 VM qemu-system-x86_64[7131]: vfio_listener_region_del "
                       "region_del f8000000 - f8005fff\n"),
            expected);
  EXPECT_EQ(
      operations("vfio_listener_region_add_ram 0.000 pid=7131 iova_start=0xf8000000 "
                 "iova_end=0xf8005fff vaddr=0x7f691e800000\n"
                 "vfio_listener_region_add_ram 1.250 pid=7131 iova_start=0x100000000 "
                 "iova_end=0x17fffffff vaddr=0x7f691e807000\n"
                 "vfio_get_dirty_bitmap 9876543.210 pid=7131 fd=0x19 iova=0xf8000000 size=0x6000 "
                 "bitmap_size=0x8 start=0x0 dirty_pages=0x6\n"
                 "vfio_listener_region_del 3.125 pid=7131 start=0xf8000000 end=0xf8005fff\n"),
      expected);
  EXPECT_EQ(operations("qemu-7131 [001] .... 12.345678: tracing_mark_write: "
                       "vfio_listener_region_add_ram region_add [ram] 0xf8000000 - 0xf8005fff "
                       "[0x7f691e800000]\n"
                       "qemu-7131 [001] .... 12.345679: tracing_mark_write: "
                       "vfio_iommu_map_notify iommu MAP @ 0x100000000 - 0x17fffffff\n"
                       "qemu-7131 [001] .... 12.345680: tracing_mark_write: "
                       "vfio_get_dirty_bitmap iova=0xf8000000 size= 0x6000 bitmap_size=0x8 "
                       "start=0x0 dirty_pages=6\n"
                       "qemu-7131 [001] .... 12.345681: tracing_mark_write: "
                       "vfio_iommu_map_notify iommu UNMAP @ 0xf8000000 - 0xf8005fff\n"),
            expected);
}

TEST_F(Import, times_and_places_are_behind_each_operation_and_nothing_of_the_host_is) {
  const std::string log =
      "янв 13 18:17:37 secrethost qemu-system-x86_64[7131]: vfio_listener_region_add_ram "
      "region_add [ram] 0x0 - 0x9ffff [0x7f691e800000]\n"
      "2024-02-14T09:06:18.183167Z qemu-system-x86_64: vfio_dma_map(0x55de3c2a97f0, 0x100000, "
      "0x1000, 0x7f8fcbe00000) = -17 (File exists)\n"
      "[2021-05-04 10:25:25.311034] vfio_user.c:1476:vfio_user_log: *DEBUG*: /var/secret: adding "
      "DMA region [0xc4000, 0xe0000) offset=0 prot=0x1 flags=0\n"
      "vfio_listener_region_add_ram 17.250 pid=7131 iova_start=0x200000 iova_end=0x200fff "
      "vaddr=0x7f691e800000\n"
      "3989106@1699000000.123456:vfio_known_safe_misalignment Region \"secret\" iova=0xfed40000 "
      "offset_within_region=0x80 qemu_real_host_page_size=0x1000\n";
  const std::string program = imported(log).program;
  EXPECT_TRUE(has_part(program, "map 0p 0xa0p rw    # 1 18:17:37\n")) << program;
  EXPECT_TRUE(has_part(program, "=> -EEXIST    # 2 2024-02-14T09:06:18.183167Z\n")) << program;
  EXPECT_TRUE(has_part(program, "    # 3 2021-05-04 10:25:25.311034\n")) << program;
  EXPECT_TRUE(has_part(program, "    # 4 +17.250us\n")) << program;
  EXPECT_TRUE(has_part(program, "\n# 5 1699000000.123456 not mapped: 0xfed40000\n")) << program;
  for (const char* secret : {"secret", "7f691e8", "55de3c", "7f8fc", "7131", "3989106", "янв"})
    EXPECT_FALSE(has_part(program, secret)) << program;
}

TEST_F(Import, an_unmap_inside_of_a_v1_mapping_unmaps_nothing) {
  EXPECT_EQ(operations("EAL: Using IOMMU type 1 (Type 1)\n"
                       "DPDK dma_map vaddr: 0x200000200000, iova: 0x200000200000, size: "
                       "0x14200000, ret: 0\n"
                       "DPDK dma_unmap iova: 0x20000a400000, size: 0x0, ret: 0\n"
                       "DPDK dma_map vaddr: 0x20000a400000, iova: 0x20000a400000, size: 0x400000, "
                       "ret=-1, errno was set to EEXIST\n"),
            "container v1\n"
            "attach g0 hardware=0\n"
            "map 0x200p 0x14200p rw => 0\n"
            "unmap 0xa400p 1p => 0 size=0x0\n"
            "map 0xa400p 0x400p rw => -EEXIST\n");
}

TEST_F(Import, regions_that_come_and_go_do_so_and_a_repeated_one_is_said) {
  const std::string log =
      "vfio_listener_region_add_ram region_add [ram] 0xa0000 - 0xaffff [0x7f01]\n"
      "vfio_listener_region_add_ram region_add [ram] 0xa0000 - 0xaffff [0x7f01]\n"
      "vfio_listener_region_del region_del 0xa0000 - 0xaffff\n"
      "vfio_listener_region_add_ram region_add [ram] 0xa0000 - 0xa3fff [0x7f01]\n"
      "vfio_listener_region_add_ram region_add [ram] 0xa4000 - 0xaffff [0x7f02]\n"
      "vfio_listener_region_del region_del 0xa0000 - 0xaffff\n"
      "vfio_listener_region_del region_del 0x0 - 0xffffffffffffffff\n"
      "vfio_listener_region_add_ram region_add [ram] 0xa0000 - 0xaffff [0x7f01]\n";
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 hardware=0\n"
            "map 0xa0p 0x10p rw\nmap 0xa0p 0x10p rw\nunmap 0xa0p 0x10p\n"
            "map 0xa0p 4p rw\nmap 0xa4p 0xcp rw\nunmap 0xa0p 0x10p\n"
            "unmap 0p 0x8000000000000p\nunmap 0x8000000000000p 0x8000000000000p\n"
            "map 0xa0p 0x10p rw\n");
  const std::string program = imported(log).program;
  EXPECT_TRUE(has_part(program, "# 2 mapped already\n")) << program;
  EXPECT_TRUE(has_part(program, "which is EEXIST: 1 ranges")) << program;
}

TEST_F(Import, queries_of_what_was_never_mapped_find_nothing) {
  EXPECT_EQ(operations("vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f01]\n"
                       "vfio_get_dirty_bitmap iova=0xc0000 size= 0x20000 bitmap_size=0x8 "
                       "start=0x0 dirty_pages=0\n"),
            "container v2\nattach g0 hardware=0\nmap 0p 0xa0p rw\nstart\n"
            "query 0xc0p 0x20p => 0 words\n");
}

TEST_F(Import, a_query_that_found_fewer_pages_than_are_mapped_is_of_emulated_groups) {
  const std::string log =
      "vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f01]\n"
      "vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 start=0x0 dirty_pages=160\n"
      "vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 start=0x0 dirty_pages=12\n"
      "vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 start=0x0 dirty_pages=0\n";
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 emulated\nmap 0p 0xa0p rw\nstart\n"
            "query 0p 0xa0p => 0\nquery 0p 0xa0p => 0\nquery 0p 0xa0p => 0 words\n");
  EXPECT_TRUE(has_part(imported(log).program, " 12 dirty\n"));
}

// The log of a guest that lost a page: type1 has to report it, and so the program fails.
TEST_F(Import, a_page_that_a_query_of_hardware_groups_did_not_find_is_missed) {
  const std::string program =
      imported(
          "vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f01]\n"
          "vfio_iommu_map_notify iommu MAP @ 0xfffffffffffff000 - 0xffffffffffffffff\n"
          "vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 start=0x0 "
          "dirty_pages=160\n"
          "vfio_get_dirty_bitmap iova=0xfffffffffffff000 size= 0x1000 bitmap_size=0x8 "
          "start=0x0 dirty_pages=0\n")
          .program;
  EXPECT_TRUE(has_part(program, "query 0xfffffffffffffp 1p => 0 words    # 4")) << program;
  const auto result = runs(program);
  EXPECT_FALSE(result);
  EXPECT_TRUE(has_part(result.message(), "expected  0 words\nactual    0 words 0:0x1"))
      << result.message();
}

// Type1's limit, of which the log says that it was met.
TEST_F(Import, the_65536th_mapping_has_no_room) {
  std::string log = "vfio_attach_device  (0000:3b:00.0) group 1\n";
  for (unsigned i = 0; i < 65536; ++i)
    log += "4242@1699000000.123456:vfio_iommu_map_notify iommu MAP @ " + hex(i * 0x2000ull) +
           " - " + hex(i * 0x2000ull + 0xfff) + "\n";
  log +=
      "qemu-system-x86_64: VFIO_MAP_DMA failed: No space left on device\n"
      "qemu-system-x86_64: vfio_container_dma_map(0x5641f0c0d2f0, 0x1fffe000, 0x1000, "
      "0x7f1e1c107000) = -28 (No space left on device)\n";
  const ImportedLog imported = this->imported(log);
  EXPECT_TRUE(runs(imported.program));
  const Program program = program_of(imported.program);
  ASSERT_EQ(program.operations.size(), 65537u);
  EXPECT_EQ(program.setup.entries, 65535u);
  EXPECT_EQ(program.expectations.back().result, -ENOSPC);
  EXPECT_TRUE(std::all_of(program.expectations.begin(), program.expectations.end() - 1,
                          [](const Expectation& expected) { return expected.empty(); }));
}

TEST_F(Import, limits_of_another_height_are_inferred) {
  EXPECT_EQ(operations("vfio_iommu_map_notify iommu MAP @ 0x0 - 0xfff\n"
                       "vfio_iommu_map_notify iommu MAP @ 0x2000 - 0x2fff\n"
                       "vfio_iommu_map_notify iommu MAP @ 0x4000 - 0x4fff\n"
                       "qemu-system-x86_64: VFIO_MAP_DMA: -28\n"
                       "qemu-system-x86_64: vfio_dma_map(0x55d000000000, 0x4000, 0x1000, "
                       "0x7f1e1c107000) = -28 (No space left on device)\n"),
            "container v2 entries=2\nattach g0 hardware=0\nmap 0p 1p rw\nmap 2p 1p rw\n"
            "map 4p 1p rw => -ENOSPC\n");
  EXPECT_EQ(operations("vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f01]\n"
                       "vfio_listener_region_add_ram region_add [ram] 0x100000 - 0x7fffffff "
                       "[0x7f02]\n"
                       "kvm: VFIO_MAP_DMA failed: Cannot allocate memory\n"),
            "container v2 memlock=160\nattach g0 hardware=0\nmap 0p 0xa0p rw\n"
            "map 0x100p 0x7ff00p rw => -ENOMEM\n");
}

TEST_F(Import, ranges_outside_of_the_window_are_refused) {
  EXPECT_EQ(operations("vfio_listener_region_add_ram region_add [ram] 0x0 - 0x7fffffff [0x7f01]\n"
                       "kvm: VFIO_MAP_DMA failed: Invalid argument\n"
                       "kvm: vfio_dma_map(0x5e043daea2f0, 0x380000000000, 0x10000000, "
                       "0x771a38000000) = -22 (Invalid argument)\n"),
            "container v2\nattach g0 hardware=0 aperture=0x0-0x7fffffffff\nmap 0p 0x80000p rw\n"
            "map 0x380000000p 0x10000p rw => -EINVAL\n")
      << "of 39 bits, and the result is of the range that it names";
  EXPECT_EQ(operations("vfio_dma_map(0x55de3c2a97f0, 0x40000000, 0x100000000, 0x7f8fcbe00000) = "
                       "-22 (Invalid argument)\n"),
            "container v2\nattach g0 hardware=0 reserved=0xfee00000-0xfeefffff\n"
            "map 0x40000p 0x100000p rw => -EINVAL\n");
  const std::string program =
      imported(
          "vfio_listener_region_add_ram region_add [ram] 0x0 - 0x7fffffff [0x7f01]\n"
          "vfio: Container 0x55a057183400 can't map guest IOVA region 0xc0000..0xcffff\n")
          .program;
  EXPECT_TRUE(has_part(program, "\n# 2 not mapped: 0xc0000-0xcffff\n")) << program;
  EXPECT_TRUE(has_part(program, "#   ranges that nobody tried to map: 1\n")) << program;
}

TEST_F(Import, what_was_refused_is_not_mapped) {
  EXPECT_EQ(operations("vfio_listener_region_add_ram region_add [ram] 0x0 - 0xfff [0x7f01]\n"
                       "vfio_listener_region_add_ram region_add [ram] 0x1000 - 0x1fff [0x7f02]\n"
                       "kvm: VFIO_MAP_DMA failed: Bad address\n"
                       "vfio_get_dirty_bitmap iova=0x1000 size= 0x1000 bitmap_size=0x8 start=0x0 "
                       "dirty_pages=0\n"),
            "container v2\nattach g0 hardware=0\nmap 0p 1p rw\n"
            "map 1p 1p rw fault=memory+0 => -EFAULT\nstart\nquery 1p 1p => 0 words\n");
}

TEST_F(Import, iommufd_says_rights_and_results) {
  EXPECT_EQ(operations("iommufd_backend_map_dma  iommufd=10 ioas=2 iova=0x0 size=0xa0000 "
                       "addr=0x7fca40000000 readonly=0 (0)\n"
                       "iommufd_backend_map_dma  iommufd=10 ioas=2 iova=0xc0000 size=0xb000 "
                       "addr=0x7fca40200000 readonly=1 (0)\n"
                       "vfio_listener_region_del region_del 0xc0000 - 0xcafff\n"
                       "iommufd_backend_unmap_dma  iommufd=10 ioas=2 iova=0xc0000 size=0xb000 "
                       "(0)\n"),
            "container v2\nattach g0 hardware=0\nmap 0p 0xa0p rw => 0\nmap 0xc0p 0xbp r => 0\n"
            "unmap 0xc0p 0xbp => 0\n");
}

TEST_F(Import, mappings_are_unmapped_as_type1_does) {
  LoggedMappings live;
  EXPECT_TRUE(live.add(0x1000, 0x4000, 3));
  EXPECT_TRUE(live.add(0x6000, 0x1000, 3));
  EXPECT_FALSE(live.add(0x4000, 0x1000, 3));
  EXPECT_FALSE(live.add(~std::uint64_t{0}, 2, 3));
  EXPECT_EQ(live.bytes_in(0x4000, 0x2800), 0x1800u);
  for (const ContainerType type : {ContainerType::v1, ContainerType::v2})
    live.unmap(0x2000, 0x5000, type);
  EXPECT_EQ(live.count(), 2u) << "it begins inside of one";
  live.unmap(0x1000, 0x2000, ContainerType::v2);
  EXPECT_EQ(live.bytes(), 0x5000u) << "it ends inside of one";
  live.unmap(0x1000, 0x2000, ContainerType::v1);
  EXPECT_EQ(live.bytes(), 0x1000u);
}

TEST_F(Import, memory_that_cannot_be_pinned_is_a_fault) {
  EXPECT_EQ(operations("vfio_listener_region_add_ram region_add [ram] 0xe0000000 - 0xe00fffff "
                       "[0x7f01]\n"
                       "qemu-system-aarch64: VFIO_MAP_DMA failed: Bad address\n"),
            "container v2\nattach g0 hardware=0\n"
            "map 0xe0000p 0x100p rw fault=memory+0 => -EFAULT\n");
}

TEST_F(Import, a_query_that_faults_does_so) {
  const std::string trace = "vfio_listener_region_add_ram region_add [ram] 0x0 - 0xfff [0x7f]\n";
  for (const char* failed : {"0x0 size: 0x1000 err: 14\n", "0x0 size: 0x1000: Bad address\n"})
    EXPECT_EQ(operations(trace + "kvm: Failed to get dirty bitmap for iova: " + failed),
              "container v2\nattach g0 hardware=0\nmap 0p 1p rw\nstart\n"
              "query 0p 1p bitmap=0x0 => -EFAULT\n");
}

TEST_F(Import, an_unmap_that_is_repeated_had_an_error) {
  const std::string program =
      imported(
          "vfio_listener_region_del region_del 0xfffffffffff00000 - 0xffffffffffffffff\n"
          "vfio_legacy_dma_unmap_overflow_workaround \n")
          .program;
  EXPECT_TRUE(has_part(program, "unmap 0xfffffffffff00p 0x100p => -EINVAL    # 1\n")) << program;
  EXPECT_TRUE(has_part(program, "unmap 0xfffffffffff00p 0xffp    # 2\n")) << program;
}

// What the log says is expected, be it what type1 would say or not.
TEST_F(Import, libvfio_user_is_taken_at_its_word) {
  const std::string begin = "[2021-05-04 10:25:25.31] vfio_user.c:1476:vfio_user_log: *DEBUG*: ";
  const std::string log =
      begin + "adding DMA region [(nil), 0xa0000) offset=0 prot=0x3 flags=0\n" + begin +
      "mapped DMA region iova=[(nil), 0xa0000) vaddr=0x7f26 page_size=0x200000 "
      "mapping=[0x7f26, 0x7f27)\n" +
      begin + "adding DMA region [0xc4000, 0xe0000) offset=0 prot=0x1 flags=0\n" + begin +
      "dirty pages: started logging\n" + begin +
      "dirty pages: get [(nil), 0xa0000), 0 dirty pages of size 4096\n" + begin +
      "removing DMA region [0xc4000, 0xe0000) flags=0\n" + begin + "dirty pages: stopped logging\n";
  EXPECT_EQ(operations(log),
            "container v2\nattach g0 emulated\nmap 0p 0xa0p rw => 0\nmap 0xc4p 0x1cp r\nstart\n"
            "query 0p 0xa0p => 0 words\nunmap 0xc4p 0x1cp\nstop\n");
  const std::string overlap =
      imported(
          "adding DMA region [0xc4000, 0xe0000) offset=0 flags=0x1\n"
          "adding DMA region [0xc4000, 0xe8000) offset=0xc4000 flags=0x1\n"
          "new DMA region [0xc4000, 0xe8000) fd=501 offset=0xc4000 prot=0x1 overlaps with DMA "
          "region [0xc4000, 0xe0000)\n"
          "failed to add DMA region [0xc4000, 0xe8000) offset=0xc4000 flags=0x1: Invalid "
          "argument\n")
          .program;
  EXPECT_TRUE(has_part(overlap, "map 0xc4p 0x24p r => -EINVAL")) << overlap;
  EXPECT_FALSE(runs(overlap)) << "type1 has EEXIST";
}

TEST_F(Import, results_of_spdk_are_of_what_was_registered_last) {
  const std::string program =
      imported(
          "rte_vhost_user.c: 763:vhost_session_mem_register: *INFO*: Registering VM memory for "
          "vtophys translation - 0x7fbf08000000 len:0xc0000000 \n"
          "memory.c: 801:_vfio_iommu_map_dma: *NOTICE*: Cannot set up DMA mapping, error 17, "
          "ignored \n"
          "EAL:   cannot set up DMA remapping, error 28 (No space left on device)\n")
          .program;
  EXPECT_TRUE(has_part(program, "container v1\n")) << program;
  EXPECT_TRUE(has_part(program, "map 0x8000p 0xc0000p rw => -EEXIST    # 1\n")) << program;
  EXPECT_TRUE(has_part(program, "# 3 map gave -ENOSPC; of what, is not in the log\n")) << program;
  EXPECT_FALSE(has_part(program, "7fbf"));
}

// One writes into another's line; and between a mapping and its error comes a query.
TEST_F(Import, lines_of_several_threads_are_told_apart) {
  EXPECT_EQ(
      operations("1@1.000001:vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f01]"
                 "1@1.000002:vfio_listener_region_add_ram region_add [ram] 0xc0000 - 0xdffff "
                 "[0x7f02]\n"
                 "\n"
                 "1@1.000003:vfio_iommu_map_notify iommu MAP @ 0x9f000 - 0x9ffff\n"
                 "1@1.000004:vfio_region_write  (0000:3b:00.0:region0+0x1000, 0x1, 4)\n"
                 "1@1.000005:vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 "
                 "start=0x0 dirty_pages=160\n"
                 "qemu-system-x86_64: vfio_dma_map(0x55d000000000, 0x9f000, 0x1000, 0x7f1e) = -17 "
                 "(File exists)\n"),
      "container v2\nattach g0 hardware=0\nmap 0p 0xa0p rw\nmap 0xc0p 0x20p rw\n"
      "map 0x9fp 1p rw => -EEXIST\nstart\n"
      "query 0p 0xa0p => 0 words 0-1:0xffffffffffffffff 2:0xffffffff\n");
}

TEST_F(Import, a_last_line_that_has_no_end_is_said_to_have_none) {
  const std::string program = imported(
                                  "vfio_listener_region_del region_del 0x0 - 0x9ffff\n"
                                  "vfio_listener_region_del region_del 0x0 - 0x1f")
                                  .program;
  EXPECT_TRUE(has_part(program, "# Line 2, the last one, has no end: it may be cut short.\n"))
      << program;
  // Where what is cut off shows, the line is none.
  const ImportedLog cut = imported(
      "vfio_listener_region_del region_del 0x0 - 0x9ffff\n"
      "vfio_listener_region_add_ram region_add [ram] 0x100000 - 0x1f");
  EXPECT_EQ(print(program_of(cut.program)), "container v2\nunmap 0p 0xa0p\n");
  EXPECT_TRUE(has_part(cut.notes.at(1), "1 line is not known")) << cut.notes.at(1);
}

TEST_F(Import, what_is_no_log_of_these_is_refused) {
  for (const char* log : {"", "\n\n\n", "container v2\nmap 0p 4p rw\n", "vfio vfio_ DMA region \n",
                          "vfio_listener_region_add_ram region_add [ram] 0x - 0x [",
                          "vfio_mdev  (0000:3b:00.0) is_mdev 1\n"})
    EXPECT_TRUE(has_part(why_not(log), "known are logs of QEMU, libvfio-user, SPDK and DPDK"))
        << log;
  EXPECT_TRUE(
      has_part(why_not(std::string_view("vfio_listener_region_del region_del 0x0 - 0x9ffff\n"
                                        "\0\0\0",
                                        53)),
               ": no text, there is a NUL in line 2"));
  EXPECT_TRUE(has_part(why_not(std::string(24, '\xff')), "scripts/simpletrace.py"));
  EXPECT_TRUE(
      has_part(why_not("VFIO_MAP_DMA: -99999\nvfio_dma_map(0x1, 0x0, 0x1000, 0x1) = -5000 (?)"),
               "known are logs of"));
  EXPECT_EQ(
      imported("vfio_listener_region_del region_del 0x0 - 0xfff\r\nvfio_other\r\n").notes.at(2),
      "  'vfio_other'");
  EXPECT_THROW(import_logs({(folder_.path / "none").string()}), std::system_error);
}

TEST_F(Import, several_files_are_one_log) {
  const auto result = import_logs(
      {file("vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f01]\n", "log.1"),
       file("vfio_listener_region_del region_del 0x0 - 0x9ffff\n", "log.0")});
  const std::string& program = std::get<ImportedLog>(result).program;
  EXPECT_TRUE(has_part(program, "map 0p 0xa0p rw    # 1/1\nunmap 0p 0xa0p    # 2/1\n")) << program;
}

// Of a log that is too long: what was mapped, and the last operations.
TEST_F(Import, a_log_that_is_too_long_is_its_end) {
  std::string log =
      "vfio_attach_device  (0000:3b:00.0) group 1\n"
      "vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f01]\n";
  log += "vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 start=0 dirty_pages=160\n";
  for (unsigned i = 0; i < 66000; ++i)
    log +=
        "vfio_iommu_map_notify iommu MAP @ 0x100000 - 0x100fff\n"
        "vfio_iommu_map_notify iommu UNMAP @ 0x100000 - 0x100fff\n";
  log += "vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 start=0 dirty_pages=160\n";
  const ImportedLog imported = this->imported(log);
  const Program program = program_of(imported.program);
  EXPECT_LE(program.operations.size(), kMaxTextOperations);
  EXPECT_GT(program.operations.size(), 50000u);
  EXPECT_TRUE(
      has_part(imported.program, "\ncontainer v2\nattach g0 hardware=0\nmap 0p 0xa0p rw\n"));
  EXPECT_TRUE(has_part(imported.program, "this one begins with the "));
  EXPECT_TRUE(has_part(imported.notes.at(1), "longer than a program may be"))
      << imported.notes.at(1);
  EXPECT_EQ(program.operations[program.operations[2].verb == Verb::map ? 3 : 2].verb, Verb::start);
  EXPECT_TRUE(runs(imported.program));
}

TEST_F(Import, any_bytes_end_in_a_program_or_in_a_reason) {
  const std::string good =
      "4242@1699000000.1001:vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f4e]\n"
      "vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 start=0x0 dirty_pages=160\n"
      "vfio_dma_map(0x55, 0xfffffffffffff000, 0x2000, 0x7f) = -22 (Invalid argument)\n"
      "adding DMA region [0xc4000, 0xe0000) offset=0 prot=0x1 flags=0\n"
      "DPDK dma_unmap iova: 0x20000a400000, size: 0x0, ret: 0\n";
  std::mt19937 random(1);
  for (unsigned i = 0; i < 300; ++i) {
    std::string log = good;
    for (unsigned edits = 1 + random() % 8; edits; --edits)
      log[random() % log.size()] = static_cast<char>(1 + random() % 255);
    const Result result = import(log);
    if (const auto* imported = std::get_if<ImportedLog>(&result)) {
      EXPECT_TRUE(std::holds_alternative<Program>(parse(imported->program))) << log;
    }
  }
}

}  // namespace
}  // namespace tidemark
