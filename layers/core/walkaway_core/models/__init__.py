"""The adapter of the model port, the offline model behind it, and the table of what is known of models."""
