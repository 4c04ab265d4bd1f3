"""The demo world, asked as any client would ask it."""
