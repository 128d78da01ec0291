# What browsers fetch.
FROM node:22-slim AS page
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY static static
RUN npm run build

# What the server imports.
FROM python:3.11-slim AS packages
COPY requirements.txt /build/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home relay && install -d -o relay /data
WORKDIR /srv/relay
COPY --from=packages /opt/venv /opt/venv
COPY middleware middleware
COPY static/index.html static/index.html
COPY static/page static/page
COPY --from=page /build/static/dist static/dist
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8080 DATABASE_URL=sqlite:////data/relay.db
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/live', timeout=4)"]
CMD ["python", "-m", "middleware", "serve"]
