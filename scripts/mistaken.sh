# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# A small mistake in a file of Linux, for the scripts that look whether it is found.

# mistaken FILE FUNCTION N TOKEN REPLACEMENT: the file with that mistake.
mistaken() {
  FUNCTION=$2 N=$3 TOKEN=$4 REPLACEMENT=$5 awk '
    BEGIN { token = ENVIRON["TOKEN"] }
    /^[A-Za-z].*\(/ { ours = match($0, "(^|[ *])" ENVIRON["FUNCTION"] "\\(") > 0 }
    /;$/ && !body { ours = 0 }
    /^{/ { body = ours }
    /^}/ { body = ours = 0 }
    body {
      done_with = ""
      rest = $0
      while (at = index(rest, token)) {
        done_with = done_with substr(rest, 1, at - 1)
        done_with = done_with (++found == ENVIRON["N"] ? ENVIRON["REPLACEMENT"] : token)
        rest = substr(rest, at + length(token))
      }
      $0 = done_with rest
    }
    { print }
    END { exit found < ENVIRON["N"] }
  ' "$1"
}
