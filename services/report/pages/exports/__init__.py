"""Views as files: CSV, XLSX and PDF."""
