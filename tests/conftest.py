"""Settings of all tests."""

from hypothesis import settings

# Time is measured in benchmarks: a busy machine must not fail a property.
settings.register_profile("edgelab", deadline=None)
settings.load_profile("edgelab")
