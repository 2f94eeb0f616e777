"""Video and image files: the only room that decodes."""
