"""Builds the container images with buildah: `make images`. docs/images.md says which there are."""
