"""The two APIs: request bodies to orders, and tasks to answers, as the documents say."""
