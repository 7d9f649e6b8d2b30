"""The whole suite on a machine that stands still at random; a test that fails then depends on its speed."""
