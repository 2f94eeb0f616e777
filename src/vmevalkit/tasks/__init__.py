"""Task pairs: reading, checking and creating them."""
