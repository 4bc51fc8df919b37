// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// SHA-1 (FIPS 180-4), by which libFuzzer names its inputs. Not for anything that has to be safe.
#pragma once

#include <string>
#include <string_view>

namespace tidemark {

// 40 hexadecimal digits, lower case. Linear in `bytes`.
std::string sha1_hex(std::string_view bytes);

}  // namespace tidemark
