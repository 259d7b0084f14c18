# syntax=docker/dockerfile:1
# Console and widget are built first, the package next, and only the package reaches the image.

FROM node:22-bookworm-slim AS web
WORKDIR /src/contact_center
COPY contact_center/console/package.json contact_center/console/package-lock.json contact_center/console/.npmrc console/
COPY contact_center/widget/package.json contact_center/widget/package-lock.json contact_center/widget/.npmrc widget/
RUN npm ci --prefix console --no-audit --no-fund && npm ci --prefix widget --no-audit --no-fund
COPY contact_center/console console
COPY contact_center/widget widget
RUN npm run --prefix console build && npm run --prefix widget build

FROM python:3.13-slim-bookworm AS package
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/contact-center
COPY requirements.lock ./
RUN /opt/contact-center/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY channels channels
COPY routing routing
COPY contact_center contact_center
COPY config config
COPY --from=web /src/contact_center/web/static/console contact_center/web/static/console
COPY --from=web /src/contact_center/web/static/widget contact_center/web/static/widget
# The web part is built already: no Node here.
RUN CC_SKIP_WEB=1 /opt/contact-center/bin/pip install --no-deps .

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 contact-center \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin contact-center \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data /data/blobs
COPY --from=package /opt/contact-center /opt/contact-center
ENV PATH=/opt/contact-center/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CC_DATA_DIR=/data \
    CC_LISTEN_HOST=0.0.0.0 \
    CC_LOG__FORMAT=json
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["contact-center"]
CMD ["run"]
