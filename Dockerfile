# A server for the articles in corpus/, indexed when the image is built.
FROM python:3.12-slim AS build

# PyTorch's own index of CPU builds is named by whoever builds; the default build works too, and
# is several gigabytes larger: docker build --build-arg TORCH_INDEX=...
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/askdoc
RUN python -m venv /opt/askdoc
ENV PATH=/opt/askdoc/bin:$PATH ASKDOC_CACHE=/srv/askdoc/cache ORT_DISABLE_TELEMETRY=1
COPY constraints.txt ./
RUN if [ -n "$TORCH_INDEX" ]; then \
      pip install --no-deps --constraint constraints.txt --index-url "$TORCH_INDEX" torch; fi
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip install --constraint constraints.txt '.[server]'
COPY corpus ./corpus
# Indexing also makes the model's fast form, kept in the cache, where the server looks for it.
RUN askdoc index corpus --index index && askdoc check corpus


FROM python:3.12-slim

RUN useradd --system --uid 10001 --home-dir /srv/askdoc --shell /usr/sbin/nologin askdoc
COPY --from=build /opt/askdoc /opt/askdoc
COPY --from=build --chown=askdoc:askdoc /srv/askdoc/corpus /srv/askdoc/corpus
COPY --from=build --chown=askdoc:askdoc /srv/askdoc/index /srv/askdoc/index
COPY --from=build --chown=askdoc:askdoc /srv/askdoc/cache /srv/askdoc/cache
WORKDIR /srv/askdoc
ENV PATH=/opt/askdoc/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    ORT_DISABLE_TELEMETRY=1 \
    ASKDOC_CACHE=/srv/askdoc/cache \
    ASKDOC_HOST=0.0.0.0 \
    ASKDOC_PORT=7860
USER 10001
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:%s/readyz' % __import__('os').environ['ASKDOC_PORT'], timeout=4)"]
CMD ["askdoc", "serve"]
