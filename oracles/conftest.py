"""What else knows how AWS behaves than moto, each in an environment of its own: `make oracle-…` runs one of them."""

import hypothesis

from tests.kit.network import keep_to_loopback

hypothesis.settings.register_profile("walkaway", deadline=None)
hypothesis.settings.load_profile("walkaway")
keep_to_loopback()
