"""Settings: reads settings, addresses and keys from flags, environment and manifest."""
