"""CampaignService and its messages."""
