# docker build -t cxnlp . && docker run -v /srv/cxnlp:/srv/cxnlp cxnlp run --config /srv/cxnlp/cxnlp.toml
FROM python:3.12-slim
RUN pip install --no-cache-dir uv
WORKDIR /opt/cxnlp
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --locked --no-dev --all-extras --no-install-project
COPY cxnlp cxnlp
COPY flows flows
COPY models models
RUN uv sync --locked --no-dev --all-extras
ENV HF_HUB_OFFLINE=1 PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
ENTRYPOINT ["/opt/cxnlp/.venv/bin/cxnlp"]
CMD ["--help"]
