# The service's image: locked and hashed packages, no compiler, no package cache, no root.
# One image for `serve`, `work`, `db upgrade` and the other commands; docs/operations.md says how to start them.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /build
RUN python -m venv /opt/idvault

# The packages change less often than the code: they are a layer of their own.
COPY requirements/run.txt requirements/run.txt
RUN /opt/idvault/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt

COPY pyproject.toml README.md LICENSE ./
COPY clients/python/idvault_client clients/python/idvault_client
COPY idvault idvault
RUN /opt/idvault/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/idvault/bin/python -m compileall -q /opt/idvault/lib


FROM python:3.13-slim

RUN groupadd --system --gid 10001 idvault \
    && useradd --system --uid 10001 --gid idvault --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin idvault \
    && install --directory --owner idvault --group idvault --mode 0700 /run/idvault

COPY --from=build /opt/idvault /opt/idvault

ENV PATH=/opt/idvault/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /run/idvault
USER 10001:10001
EXPOSE 7443

# The gRPC health service asks for a client certificate, which the image has not; the ready file appears when that
# service answers SERVING and goes when the process stops. A command line of your own keeps its --ready-file.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["test", "-s", "/run/idvault/ready.json"]

ENTRYPOINT ["idvault"]
CMD ["serve", "--edge", "platform", "--ready-file", "/run/idvault/ready.json"]
