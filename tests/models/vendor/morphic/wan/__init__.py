"""Stand-in for the vendor's package."""

# mypy: disable-error-code="import-not-found"

from wan.image2video import WanI2V

__all__ = ["WanI2V"]
