"""CampaignService and its message conversion."""
