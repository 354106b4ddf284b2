# syntax=docker/dockerfile:1
# The image of Beam: one container records one meeting.
#
#     docker build -t beam --build-arg VERSION=$(git describe --tags --always) .
#     docker run --rm --security-opt seccomp=docker/seccomp.json beam record URL --bucket s3://BUCKET/PREFIX
#
# docs/deploy.md says what a container needs, and docker/packages.txt what is in it.

# By the digests of their indices for all architectures; a tag can be moved.
# scripts/pin-images takes those that the tags have today, and checks them.
ARG GO_IMAGE=golang:1.26.8-bookworm@sha256:9fdc884aacc3bec89b20ffc69f4bb369c78210e3e4f600387b5128b12c199f81
ARG NODE_IMAGE=node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c
ARG DEBIAN_IMAGE=debian:bookworm-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251
# "on" bundles livekit-client from npm for rooms at wss:// addresses; with "off"
# the build needs no npm registry.
ARG LIVEKIT=on

FROM ${DEBIAN_IMAGE} AS livekit-off
RUN mkdir -p /src/layout/livekit/dist

FROM ${NODE_IMAGE} AS livekit-on
WORKDIR /src
COPY . .
RUN if [ -x scripts/setup-livekit ]; then scripts/setup-livekit; fi && mkdir -p layout/livekit/dist

# hadolint ignore=DL3006
FROM livekit-${LIVEKIT} AS livekit

FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=livekit /src/layout/livekit/dist/ layout/livekit/dist/
ARG VERSION=dev
ARG TARGETOS
ARG TARGETARCH
# As scripts/build does. Static, without paths and times of this machine: the
# same sources give the same bytes.
RUN CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOOS="$TARGETOS" GOARCH="$TARGETARCH" \
	go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/beam ./cmd/beam

FROM ${DEBIAN_IMAGE}
# --newest takes what Debian has today instead of the pinned day.
ARG PACKAGES=snapshot
COPY docker/install docker/packages.txt /docker/
RUN /docker/install /docker/packages.txt "$PACKAGES" && rm -r /docker
COPY --from=build /out/beam /usr/local/bin/beam

ARG VERSION=dev
LABEL org.opencontainers.image.title="beam" \
	org.opencontainers.image.description="Records a web meeting into one MP4" \
	org.opencontainers.image.licenses="Apache-2.0" \
	org.opencontainers.image.version="$VERSION"
# All that is written goes to /tmp and /spool: with a read-only root, mount both.
# An arbitrary uid has no home, and not all programs can do without.
ENV HOME=/tmp
ENV TMPDIR=/tmp
ENV LANG=C.UTF-8
ENV TZ=Etc/UTC
# The recording, until it is in the bucket.
WORKDIR /spool
VOLUME /spool
# By number, so that a cluster can tell that it isn't root. Group 0 owns nothing
# that can be written to; it is what OpenShift gives an arbitrary uid.
USER 10001:0
STOPSIGNAL SIGTERM
# Green while what is recorded arrives, or nothing has begun yet.
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 CMD ["beam", "status", "--health"]
# tini is PID 1: it reaps what Chrome's helpers leave, and hands SIGTERM on, so
# that docker stop ends the recording in order.
ENTRYPOINT ["/usr/bin/tini", "--", "beam"]
CMD ["--help"]
