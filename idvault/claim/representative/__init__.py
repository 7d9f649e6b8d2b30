"""The legal representative of an organisation, who must prove to be present before it is verified."""
