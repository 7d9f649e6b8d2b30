"""What tools and tests share: worlds, authorities, databases, programs as processes."""
