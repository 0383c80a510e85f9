"""The tests: unit (pure, fakes), contract (one suite per port, fake and real), integration, e2e, browser, architecture."""
