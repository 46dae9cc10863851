# One image with the three services and the command: docker build -t expertline .
FROM debian:12-slim AS build
WORKDIR /src
COPY scripts/packages.txt scripts/packages.txt
RUN apt-get update && awk '$1 == "build" || $1 == "package" { print $2 }' scripts/packages.txt | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends
COPY . .
RUN cmake --preset release -Wno-dev -DBUILD_TESTING=OFF && cmake --build --preset release
RUN cd build/release && cpack -G DEB && mv expertline_*.deb /expertline.deb

FROM debian:12-slim
COPY --from=build /expertline.deb /tmp/expertline.deb
# The package names what it needs; redis-server comes along for `expertline up`.
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /tmp/expertline.deb && rm -rf /tmp/expertline.deb /var/lib/apt/lists/*
# The same number as in the chart, so that nobody has to look it up.
USER 64646:64646
WORKDIR /tmp
EXPOSE 7400 7410 7420 7430 9400 9410 9420 9430
# `expertline up`, on a volume at /data, unless another command is given; /readyz of its metrics port tells its health.
VOLUME /data
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["/usr/lib/expertline/healthy", "9400"]
CMD ["expertline", "up", "--listen", "0.0.0.0:7400", "--metrics", "0.0.0.0:9400", "--data", "/data", "--strategies", "/usr/share/expertline/strategies"]
