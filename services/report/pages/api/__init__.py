"""The JSON API: the pages' numbers for machines. docs/api.md is its manual, /api/openapi.json its description."""

from services.report.pages.api.description import description
from services.report.pages.api.routes import router

__all__ = ["description", "router"]
