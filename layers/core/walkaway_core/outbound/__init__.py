"""Requests to addresses that others choose: judged when connecting, bounded in time and size."""
