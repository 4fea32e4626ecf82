"""The region's formats: what centres report upward, and what the region hands down."""
