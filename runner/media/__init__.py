"""Media: identifies images and videos, checks them against limits, encodes them for requests."""
