"""What custodians do besides disclosures: drills and the hand-over of shares."""
