"""Public fakes and test material: seeded disturbances of videos, and videos with a known verdict."""
