"""An authority's part: its orders, signed on its officer's machine."""
