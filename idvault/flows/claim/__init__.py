"""Use cases of claims: made, admitted, settled, proved."""
