# syntax=docker/dockerfile:1
# Saddle on the CPU. `docker build -t saddle .`, or .deploy/compose.yaml with nginx before it.

FROM python:3.11-slim-bookworm AS packages
# PyTorch's own index has it without CUDA, which saves several gigabytes.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /venv
COPY requirements.txt /
RUN --mount=type=cache,target=/root/.cache/pip \
    /venv/bin/pip install --extra-index-url "$TORCH_INDEX" -r /requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home saddle && install -d -o saddle -g saddle -m 700 /state
COPY --from=packages /venv /venv
WORKDIR /saddle
# What changes rarely comes first.
COPY assets assets
COPY .streamlit .streamlit
COPY engine engine
COPY app app
RUN /venv/bin/python -m compileall -q engine app
ARG VERSION=
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 SADDLE_VERSION=$VERSION SADDLE_STATE=/state SADDLE_LOG_FORMAT=json
USER saddle
EXPOSE 8501
HEALTHCHECK --start-period=30s --interval=15s --timeout=5s CMD ["python", "-m", "app", "--healthy"]
ENTRYPOINT ["python", "-m", "app", "--server.address", "0.0.0.0", "--server.headless", "true"]
