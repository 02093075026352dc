"""Measurements over HTTP, from another process, as ratios against a control in the same run. Nothing is asserted."""
