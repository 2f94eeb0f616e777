"""vmevalkit: run, score and compare video-generation models on reasoning tasks."""

__version__ = "0.1.0"
