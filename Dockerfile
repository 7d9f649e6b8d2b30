# The service's image: locked and hashed packages, no compiler, no package manager, no root.
# One image for `serve`, `work`, `db upgrade` and the other commands; docs/operations.md says how to start them.
# The tag says what the base is, the digest which one: with both, the digest alone decides. It is the manifest list
# of Docker Hub's python:3.13-slim-trixie, for all platforms (September 2026, Python 3.13.15).
# To check it, or to renew both before a build: `docker buildx imagetools inspect python:3.13-slim-trixie` prints
# "Digest: sha256:..." of the list that the tag names today. Take that digest for security updates, and build with
# --build-arg PYTHON_DIGEST=sha256:... or change it here. Without an image registry, `scripts/image --debian` makes a
# base from Debian's packages and gives it as BASE.
ARG PYTHON_TAG=3.13-slim-trixie
ARG PYTHON_DIGEST=sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285
ARG BASE=python:${PYTHON_TAG}@${PYTHON_DIGEST}

FROM ${BASE} AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /build
# What builds the package stays in /tools; only what runs it goes to /opt/idvault, which has no pip.
RUN python -m venv /tools && python -m venv --without-pip /opt/idvault

# The packages change less often than the code: they are a layer of their own. The secrets `pip` (a pip.conf) and
# `certificates` (authorities that it names as /run/secrets/certificates) are for builds behind an index of your own.
COPY requirements/run.txt requirements/image.txt requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=certificates \
    /tools/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt \
    && /tools/bin/pip --python /opt/idvault/bin/python install --no-cache-dir --require-hashes -r requirements/image.txt

COPY pyproject.toml README.md LICENSE ./
COPY clients/verify clients/verify
COPY clients/python clients/python
COPY idvault idvault
RUN /tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels clients/verify clients/python . \
    && /tools/bin/pip --python /opt/idvault/bin/python install --no-cache-dir --no-deps /wheels/*.whl \
    && /opt/idvault/bin/python -m compileall -q /opt/idvault/lib


# The trial of deploy/compose.yaml has everybody on one machine, the people who open records and the mock of the registry.
FROM build AS build-trial

COPY clients/people clients/people
COPY development development
RUN /tools/bin/pip --python /opt/idvault/bin/python install --no-cache-dir --require-hashes -r requirements/run.txt \
    && /tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /trial clients/people development/ \
    && /tools/bin/pip --python /opt/idvault/bin/python install --no-cache-dir --no-deps /trial/*.whl \
    && /opt/idvault/bin/python -m compileall -q /opt/idvault/lib


FROM ${BASE} AS runtime

RUN groupadd --system --gid 10001 idvault \
    && useradd --system --uid 10001 --gid idvault --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin idvault \
    && install --directory --owner idvault --group idvault --mode 0700 /run/idvault \
    && { ! python -c 'import pip' 2>/dev/null || python -m pip uninstall --yes --no-input pip; } \
    && rm -rf "$(python -c 'import ensurepip; print(ensurepip.__path__[0])')" /usr/share/python-wheels

ENV PATH=/opt/idvault/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /run/idvault
USER 10001:10001
EXPOSE 7443

# The gRPC health service asks for a client certificate, which the image has not; the ready file appears when that
# service answers SERVING and goes when the process stops. A command line of your own keeps its --ready-file.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["test", "-s", "/run/idvault/ready.json"]

ENTRYPOINT ["idvault"]
CMD ["serve", "--edge", "platform", "--ready-file", "/run/idvault/ready.json"]


FROM runtime AS trial

COPY --from=build-trial /opt/idvault /opt/idvault


# The last stage is what a build makes unless it names another: the service, without the code that opens.
FROM runtime AS service

COPY --from=build /opt/idvault /opt/idvault
