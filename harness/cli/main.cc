// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The program behind ./tidemark, which builds it and then calls it.
#include "commands.h"

int main(int argc, char** argv) {
  namespace cli = tidemark::cli;
  CLI::App app("tidemark: a dirty-page tracker for VFIO, fuzzed against its reference");
  app.name("./tidemark");
  app.require_subcommand(1);
  cli::Action action;
  cli::add_fuzz(app, action);
  cli::add_export(app, action);
  cli::add_replay(app, action);
  cli::add_show(app, action);
  cli::add_minimise(app, action);
  cli::add_findings(app, action);
  cli::add_keep(app, action);
  cli::add_merge(app, action);
  cli::add_import(app, action);
  cli::add_record(app, action);
  return cli::main_of(app, argc, argv, [&action] { return action(); });
}
