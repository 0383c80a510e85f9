#!/usr/bin/env bash
# Write which packages are in which image, at the versions of requirements.lock: requirements/IMAGE.txt. `make lock` runs it.
# Their hashes are in requirements.lock, which lies beside them as constraints when they are installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

list() { # FILE EXTRA...
    local file=$1
    shift
    # Triton compiles kernels for nets that are trained; eager PyTorch does without its 900 MB.
    uv pip compile --quiet --no-header --no-annotate --python-version 3.11 --constraints requirements.lock \
        --no-emit-package triton "${@/#/--extra=}" pyproject.toml --output-file "k8s/images/requirements/$file.txt"
}

for service in faceapi ingest loadtest provision record report; do
    list "$service" "$service"
done
for service in classify detect; do
    list "$service-cpu" "$service"
    list "$service-cuda" "$service" cuda
done
list operator backfill detect estate labels operate people rollout

cd k8s/images/base
uv pip compile --quiet --no-header --no-annotate --python-version 3.11 --generate-hashes --constraints ../../../requirements.lock \
    tools.in --output-file tools.lock
