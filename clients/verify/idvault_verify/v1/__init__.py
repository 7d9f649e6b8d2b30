"""Generated from proto/idvault/v1 by scripts/gen_proto.py: never edited by hand."""
