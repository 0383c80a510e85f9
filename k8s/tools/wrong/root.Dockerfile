# CKV_DOCKER_8: what checkov says of an image that ends as root.
ARG BASE
FROM ${BASE}
USER root
