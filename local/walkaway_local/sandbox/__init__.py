"""The Sandbox on one machine: bubblewrap, and what it is given."""
