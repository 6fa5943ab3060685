"""Shapes at the edge: pydantic models that parse what comes in and document what goes out."""
