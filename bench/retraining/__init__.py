"""From labelled faces to a model in service and back, on this machine: `make train-demo`."""
