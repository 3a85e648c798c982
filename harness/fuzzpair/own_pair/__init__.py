"""A user's own pair (`fuzz:` in pipeline.yml): from its sources to checked programs, and what is done with them."""
