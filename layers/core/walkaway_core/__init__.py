"""What Walkaway does, over ports: sessions, turns, the event log, the agent's steps."""
