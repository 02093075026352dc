"""Schedules: turns that begin by themselves.

When they do is said here, without looking at a clock or at anything stored. What is wrong with what somebody asked for
raises Invalid, which names the field and says what is allowed.
"""
