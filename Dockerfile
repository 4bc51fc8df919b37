# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# docker build -t tidemark . && docker run --rm tidemark
FROM debian:12-slim
WORKDIR /tidemark
COPY tidemark .
RUN ./tidemark setup && ./tidemark linux --setup && rm -rf /var/lib/apt/lists/*
COPY . .
CMD ["./tidemark", "test"]
