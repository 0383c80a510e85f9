"""What people ask of the reports, one module for each question."""
