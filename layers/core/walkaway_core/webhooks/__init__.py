"""Webhooks: who is told, what they are told, and the attempts to tell them (Standard Webhooks)."""
