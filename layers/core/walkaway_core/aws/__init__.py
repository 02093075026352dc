"""The ports on AWS: the only place that imports boto3, one module for each port."""
