"""Types that cross rooms."""
