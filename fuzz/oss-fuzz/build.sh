#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Builds the fuzz targets for a fuzzing service, into $OUT: binaries, seeds, dictionaries,
# options. Which compiler, flags, C++ library and engine, it is told by the environment
# (SRC OUT WORK CC CXX CFLAGS CXXFLAGS LIB_FUZZING_ENGINE), and adds none of its own.
# Run as `bash -eux build.sh`; the sources are in $SRC/tidemark.
set -eu

source=$SRC/tidemark
targets=(allocation_fuzzer codec_fuzzer lockstep_fuzzer store_fuzzer)

# No build type, so that all flags are the service's.
options=(-G Ninja -DCMAKE_BUILD_TYPE=None -DTIDEMARK_TOOLS=OFF)

# What makes the seeds runs during the build, and so has no sanitizer: with MemorySanitizer
# it would need a C++ library that has it as well.
env -u CFLAGS -u CXXFLAGS -u LDFLAGS cmake -S "$source" -B "$WORK/tools" "${options[@]}"
cmake --build "$WORK/tools" --target compile_seeds

cmake -S "$source" -B "$WORK/targets" "${options[@]}" \
  -DTIDEMARK_COMPILE_SEEDS="$WORK/tools/corpus/compile_seeds" \
  -DTIDEMARK_FUZZING_ENGINE="$LIB_FUZZING_ENGINE"
cmake --build "$WORK/targets" --target "${targets[@]}"
seeds=$WORK/targets/seed_corpus

# zip_seeds TARGET FILE...: FILE... of the folder that it is in.
zip_seeds() { cmake -E tar cf "$OUT/$1_seed_corpus.zip" --format=zip -- "${@:2}"; }

# Dictionaries are made of the corpus, and so know what it knows. Of the records of 16
# bytes that its programs consist of, the most frequent:
frequent_records() {
  cat "$seeds"/* | od -An -v -tx1 -w16 | sort | uniq -c | sort -k1,1nr -k2 |
    awk 'NR <= 200 { $1 = ""; gsub(/ /, "\\x"); print "\"" $0 "\"" }'
}
# All words of the language, for the codec, which takes text as well.
words() {
  sed 's/#.*//' "$source"/corpus/{seeds,regressions}/*.trace | grep -oE '[a-z][a-z-]+' |
    sort -u | sed 's/.*/"&"/'
}
# The store's numbers of pages: the borders of words, and of words of words.
borders() {
  local page
  for page in 1 63 64 65 127 128 299 4095 4096 4097 8191 8192 12288 12344; do
    printf '"\\x%02x\\x%02x"\n' $((page % 256)) $((page / 256))
  done
}

cd "$seeds"
for target in "${targets[@]}"; do
  cp "$WORK/targets/fuzz/$target" "$OUT/"
  zip_seeds "$target" ./*
  # More than the longest program has is not read.
  printf '[libfuzzer]\nentropic_scale_per_exec_time = 1\nmax_len = 1040\n' >"$OUT/$target.options"
done
frequent_records | tee "$OUT/allocation_fuzzer.dict" >"$OUT/lockstep_fuzzer.dict"
{ frequent_records && words; } >"$OUT/codec_fuzzer.dict"
borders >"$OUT/store_fuzzer.dict"

# Programs of more than max_len as text are cut, which is as good a seed.
texts=$WORK/texts
mkdir -p "$texts"
cp "$seeds"/* "$texts/"
cp "$source"/corpus/seeds/*.trace "$texts/"
cd "$texts"
zip_seeds codec_fuzzer ./*
