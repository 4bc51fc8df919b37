// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Names of the errno values that calls return.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark {

struct ErrorName {
  std::string_view name;
  int number;
};
inline constexpr ErrorName kErrorNames[] = {
    {"EPERM", EPERM},        {"ENOENT", ENOENT}, {"EINTR", EINTR},   {"EIO", EIO},
    {"E2BIG", E2BIG},        {"EAGAIN", EAGAIN}, {"ENOMEM", ENOMEM}, {"EACCES", EACCES},
    {"EFAULT", EFAULT},      {"EBUSY", EBUSY},   {"EEXIST", EEXIST}, {"ENODEV", ENODEV},
    {"EINVAL", EINVAL},      {"ENOSPC", ENOSPC}, {"ENOTTY", ENOTTY}, {"EOPNOTSUPP", EOPNOTSUPP},
    {"EOVERFLOW", EOVERFLOW}};

// Of a value or -errno: "0", "4", "-EINVAL".
std::string result_text(std::int64_t result);
// 0 if none has that name.
int errno_called(std::string_view name);

}  // namespace tidemark
