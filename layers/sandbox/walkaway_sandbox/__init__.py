"""Runs commands that nobody trusts, in a Lambda function without permissions. The standard library and nothing else."""
