# vidu-run in a container, for any user: see docs/docker.md.
#
#     docker build -t vidu-run .

FROM python:3.13-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --root-user-action=ignore "uv>=0.8,<1"
WORKDIR /src
# The dependencies first: a change of the program alone does not fetch them again.
COPY pyproject.toml ./
RUN uv venv --python /usr/local/bin/python3 /opt/vidu-run \
    && uv pip install --python /opt/vidu-run -r pyproject.toml --extra media
COPY README.md LICENSE ./
COPY docs/agents.md docs/
COPY manifests manifests
COPY schemas schemas
COPY runner runner
RUN uv pip install --python /opt/vidu-run --no-deps .

FROM python:3.13-slim
COPY --from=build /opt/vidu-run /opt/vidu-run
# For the ledger. A new named volume takes over its mode, so that any user can write there.
RUN mkdir -m 1777 /state
# A user without an entry in /etc/passwd has no home; the locale lets any id name a file.
ENV PATH=/opt/vidu-run/bin:$PATH HOME=/tmp LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
ENTRYPOINT ["vidu-run"]
