"""From an upload to the report, each service inside its own built root file system: `make images-e2e`."""
