"""SWF's quotas.

See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
"""

TAGS_PER_RESOURCE = 50
EXECUTION_SECONDS = 365 * 24 * 60 * 60
