"""The hand-over of shares to another quorum."""
