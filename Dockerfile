# The atlas as one image: nobody's root, nothing written but /data (the home of the atlas) and /tmp.
# docs/guide/operation.en.md says how it is run; compose.yaml runs it with PostGIS behind a proxy with TLS.
FROM python:3.12-slim-bookworm AS installed

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /opt/atlas
COPY requirements.lock ./
RUN python -m venv .venv && .venv/bin/python -m pip install --require-hashes -r requirements.lock

FROM python:3.12-slim-bookworm

# Chromium makes pictures and PDF; without it (BROWSER=no) briefs are slides, words and tables alone
ARG BROWSER=yes
# versions are those of the distribution of the image: pinning them would keep mended faults out
# hadolint ignore=DL3008
RUN apt-get update \
    && if [ "$BROWSER" = yes ]; then \
           apt-get install --yes --no-install-recommends chromium fonts-noto-cjk; \
       fi \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 atlas \
    && useradd --uid 10001 --gid atlas --no-create-home --home-dir /tmp --shell /usr/sbin/nologin atlas \
    && install --directory --owner=atlas --group=atlas --mode=0700 /data

WORKDIR /opt/atlas
COPY --from=installed /opt/atlas/.venv .venv
COPY LICENSE README.md ./
COPY geodata geodata
COPY layers layers
COPY assets assets
COPY dashboard dashboard

ENV ATLAS_HOME=/data \
    ATLAS_HOST=0.0.0.0 \
    ATLAS_ALLOW_REMOTE=1 \
    ATLAS_LOG_FORMAT=json \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME /data
EXPOSE 8050
# a request that is answered, and jobs that end with what they have
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD [".venv/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8050/healthz', timeout=8)"]
ENTRYPOINT [".venv/bin/python", "-m", "dashboard"]
CMD ["serve"]
