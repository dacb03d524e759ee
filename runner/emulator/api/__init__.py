"""The two APIs: read request bodies as orders, and format tasks as the documented answers."""
