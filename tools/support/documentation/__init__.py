"""The documentation site: what the pages of the repository become when mkdocs builds them."""
