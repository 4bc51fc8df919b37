// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel_tree.h"

#include <dlfcn.h>

#include <algorithm>
#include <utility>

#include "scan.h"
#include "text.h"

namespace tidemark::iommufd {

KernelTree::KernelTree(const std::filesystem::path& library, std::string name)
    : name_(std::move(name)) {
  library_ = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library_) throw BadTree(std::string("could not load it: ") + dlerror());
  kernel_ = static_cast<const iommufd_kernel*>(dlsym(library_, "iommufd_kernel"));
  if (kernel_ && kernel_->abi == IOMMUFD_KERNEL_ABI && kernel_->nr_formats != 0) return;
  dlclose(library_);
  throw BadTree(quoted_path(library.string()) + " is no iommufd of this build");
}

KernelTree::~KernelTree() {
  if (library_) dlclose(library_);
}

const iommufd_format* KernelTree::format(std::size_t format) const {
  for (std::size_t i = 0; i < kernel_->nr_formats; ++i)
    if (kFormats[format] == kernel_->formats[i].name) return &kernel_->formats[i];
  return nullptr;
}

// The folder has the tree's path with '%' for '/'.
std::unique_ptr<KernelTree> tree_named(const std::string& subject) {
  std::string_view path = subject;
  if (subject == kDefaultSubject)
    path = "/usr/src/linux-source-6.12.tar.xz";
  else if (!skip(path, "linux:"))
    throw BadTree("there is no subject " + quote(subject) + ": linux-6.12, and linux:DIR");
  std::error_code error;
  std::string name = std::filesystem::canonical(path, error).string();
  if (error) throw BadTree("there is no kernel tree " + quoted_path(path));
  std::ranges::replace(name, '/', '%');
  return std::make_unique<KernelTree>(
      std::filesystem::path(TIDEMARK_IOMMUFD_TREES) / name / "tree.so", subject);
}

}  // namespace tidemark::iommufd
