# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# The commands with all that they need, and what is fuzzed, built. How it is used, how large it
# is, and why the tests are built when they are wanted: docs/docker.md.
ARG BASE=debian:bookworm-20250520-slim

FROM ${BASE} AS tools
WORKDIR /tidemark
COPY tidemark .
COPY scripts/command_line.sh scripts/
COPY docs/help/ docs/help/
RUN ./tidemark setup git tini xz-utils && rm -rf /var/lib/apt/lists/*

# Of Linux's sources, 290 MB, only the files that are ever unpacked.
FROM tools AS linux
RUN ./tidemark linux --setup
COPY . .
RUN cmake --preset test && for version in 6.1 6.12; do \
    cmake --build build/test --target tidemark_linux_${version}_unpacked && \
    tar -C build/test/peers/linux --transform s,^linux-,linux-source-, \
      -cJf /usr/src/linux-source-$version.tar.xz linux-$version || exit; done

# Before the build: what is newer than that is built anew.
FROM tools AS ready
COPY --from=linux /usr/src/linux-source-6.1.tar.xz /usr/src/linux-source-6.12.tar.xz /usr/src/

# Whoever runs it with --user, for files of their own, has to be able to build. An image has whole
# seconds, and what was built in one second would be built anew: so all files are of the second in
# which the build began, behind the compiler's and before what Ninja remembers.
FROM ready AS build
COPY . .
RUN began=$(date +%s) && cmake --preset fuzz && \
  cmake --build build/fuzz --target tidemark_cli lockstep_fuzzer linux_fuzzer linux_table && \
  chmod -R a+rwX . && find . -exec touch -h -d @$began {} +

FROM ready
RUN useradd --no-create-home tidemark && install -d -m 777 /data
COPY --from=build --chown=tidemark:tidemark /tidemark /tidemark
# What is found, and the inputs that reached something new.
ENV TIDEMARK_DATA=/data
VOLUME /data
WORKDIR /data
USER tidemark
# As process 1 a program gets no signal that it does not handle; tini hands them on, to all.
ENTRYPOINT ["tini", "-g", "--", "/tidemark/tidemark"]
CMD ["--help"]
