// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs from logs of hypervisors.
#include <fmt/core.h>

#include <memory>
#include <variant>

#include "commands.h"
#include "files.h"
#include "import_log.h"

namespace tidemark::cli {
namespace {

struct ImportOptions {
  std::vector<std::string> paths;
  std::string output;
  unsigned container = 0;
};

int import(const ImportOptions& options) {
  const auto result = import_logs(options.paths, options.container);
  if (const auto* message = std::get_if<std::string>(&result)) return complain(*message);
  const auto& imported = std::get<ImportedLog>(result);
  if (options.output.empty())
    fmt::print("{}", imported.program);
  else
    write_file(options.output, imported.program);
  for (const std::string& note : imported.notes) complain(note);
  return kFine;
}

}  // namespace

void add_import(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("import", "Make a program of what a log tells");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("FILE", options->paths, "A log; several are read one after the other, as one")
      ->required();
  command->add_option("-o,--output", options->output, "Where to, instead of standard output");
  command
      ->add_option("--container", options->container,
                   "Of a record: which container, in the order of the log, and not the one with "
                   "the most operations")
      ->check(CLI::Range(1u, 1000000u));
  command->footer(
      "Read are lines such as these, with anything before them:\n"
      "  QEMU's trace events, as its log, syslog and ftrace have them, and simpletrace.py:\n"
      "    4242@1699000000.100101:vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff "
      "[0x7f4e]\n"
      "    Jan 13 18:17:37 host qemu[4242]: vfio_listener_region_del region_del 0x0 - 0x9ffff\n"
      "    vfio_get_dirty_bitmap 8.125 pid=4242 iova=0x0 size=0xa0000 ... dirty_pages=0xa0\n"
      "  QEMU's messages on standard error:\n"
      "    qemu-system-x86_64: VFIO_MAP_DMA failed: Cannot allocate memory\n"
      "    vfio_container_dma_map(0x55d0, 0x380000000000, 0x1000, 0x7f4e) = -22 (Invalid "
      "argument)\n"
      "  libvfio-user's log, also as SPDK's target prints it:\n"
      "    adding DMA region [0xc0000, 0xc1000) offset=0xc0000 prot=0x1 flags=0x1\n"
      "  SPDK and DPDK:\n"
      "    Registering VM memory for vtophys translation - 0x7fbf08000000 len:0xc0000000\n"
      "    EAL: Cannot set up DMA remapping, error 28 (No space left on device)\n"
      "  the log of ./tidemark record, which has all that came out:\n"
      "    1700000000.104211345 1844 4242 4242 4 c4242.1 map argsz=0x20 flags=0x3 vaddr=0x0 ...\n"
      "What the log does not say is inferred; comments at the program's head say what. Lines\n"
      "that are not known are counted, and some shown. Of a log that is longer than a program\n"
      "may be, it has the end. No address of the host, and no name, gets into the program.\n"
      "Exit code: 0 done, 2 FILE cannot be read or says nothing of this kind, or the program\n"
      "cannot be written.");
  on_call(*command, action, options, import);
}

}  // namespace tidemark::cli
